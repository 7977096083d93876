"""Sound in and out: devices, files, rings and the small stages around the converter."""

"""Speech-synthesis engines, one file each; `registry` names them."""

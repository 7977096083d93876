"""Language-model engines, one file each; `registry` names them."""

"""Nothing to call: importing it is what compares the Structs with what was compiled for them."""

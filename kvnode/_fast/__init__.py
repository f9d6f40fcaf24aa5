"""The compiled hot paths: mechanism without policy, below everybody who calls them."""

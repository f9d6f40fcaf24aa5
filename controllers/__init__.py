"""The four daemons that make `kubevirt.io/v1` work on a cluster; shipped in images, no part of the wheel.

Each daemon is wiring and reconcile: what a guest is, what it costs and how it is run is decided in `kvnode`, which
never imports anything from here. `runtime` is what all four stand on.
"""

"""By which names the daemons of one installation know each other.

What is said under them stands where it is asked for: controllers/virt_api/handlers.py has the contract of streams.
"""

API_NAME = "virt-api"
"""The common name of virt-api's certificate, when it calls a handler."""

HANDLER_NAME = "virt-handler"
"""The name that every handler's certificate is good for: handlers have no names of their own in any DNS."""

HANDLER_PORT = 8186
"""Where a handler serves streams, in its Pod."""

HANDLER_SECRET = "kubevirt-virt-handler-certs"
"""The Secret with the handlers' certificate: virt-api makes and renews it, handlers read it."""

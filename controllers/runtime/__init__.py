"""What all four daemons stand on. It can be read in an hour; these are its nouns, in the order in which they meet.

Resource, Request -- a kind of object and where the API server keeps it; one object of it by namespace and name.
ApiClient         -- calls to the server on the official client's configuration and transport: bytes, typed by msgspec.
                     Writes are creates, server-side applies and patches; nothing that was read is written back whole.
Informer          -- keeps a kind's objects in memory: a paged list, then a watch with bookmarks, and a new list where
                     the server has forgotten. While the server is away it knows what it knew: silence deletes nothing.
Store             -- what an informer knows. An object is present, absent, or there and unreadable (`Undecodable`).
Workqueue         -- which object is looked at next: deduplicated, never two workers on one, failures later each time.
Controller        -- takes from its queue and calls `reconcile(Request) -> Result`: read what is there, do what is
                     missing, from whatever state, as often as it is called. Events only say what to look at.
LeaderElection    -- one replica of several acts, by a Lease; the others keep their informers warm.
Conditions        -- statements about an object, a map by type; their time changes when their status does.
Finalizers        -- who still has to clean up before a deleted object may go.
EventRecorder     -- what people read in `kubectl describe`; the same again is counted and not repeated.
Certificates      -- the daemons' own authority and what it signs, kept in Secrets and renewed in time.
Metrics, Health   -- what a daemon counts, whether it is alive and ready, over HTTP.
Services          -- a daemon's parts, run together and stopped gently on SIGTERM.

No module here knows what a guest is. Time, wherever it decides anything, is a monotonic clock or one that is handed
in; the wall clock only goes into what people read.
"""

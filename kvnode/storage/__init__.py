"""A guest's disks, made for real: images, their read-only cache, and the files of one guest.

``images`` is the local image store, ``container_disks`` unwraps the disk of an image once into a cache,
``guest_disks`` makes the overlay, the empty disk and the cloud-init seed of one guest.  Below them: ``oci`` and
``archives`` read what others packed, ``tar`` and ``compression`` read it byte by byte, ``disk_format`` reads a disk's
header, ``qemu_img`` runs qemu-img where it can do no harm.

Everything that comes from an image is hostile.  What holds throughout:

- a blob counts only once its size and its SHA-256 are what its descriptor says;
- nothing is extracted but one regular file, and where it goes never depends on a name in the image;
- a file appears under its name complete or not at all (written aside, synced, renamed);
- qemu-img runs as an ordinary user under limits, with the format stated.
"""

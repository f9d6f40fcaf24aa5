# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Which host CPU each vCPU gets: the search and the pin table, over tables that are made once for a host.

A guest core is so many threads, which are wanted on the threads of one host core. Of all cells the fewest are taken
that hold the guest with as many guest cores on sibling threads as can be; of equally few those that lie nearest to
each other, then those that are filled best. Cells are counted before one is chosen, and at most a few thousand choices
are looked at; on hosts of more cells than that allows, the largest are taken.

What a plan makes of the answer, and what it says where there is none, is ``kvnode.planning.placement``'s business.
"""

cimport cython
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.ref cimport Py_INCREF
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

cdef extern from *:
    int __builtin_ctz(unsigned int bits) nogil

cdef enum:
    # Cells of which every choice may be looked at; the choices of k out of 16 are 12,870 at most.
    MOST_TO_CHOOSE = 16
    MOST_CELLS = 1024
    MOST_CPUS = 65536

cdef struct Core:
    int first            # its first allotted CPU in the table of CPUs
    int allotted         # how many of its CPUs are allotted
    int used             # how many of these are given away, while a placement is made

cdef struct CellTable:
    int first_core
    int end_core
    int allotted         # CPUs
    int siblings         # guest cores that find their threads on one host core, for the threads asked for
    int capacity         # guest cores at all
    int share            # guest cores that it is to hold
    int64_t pages        # free pages
    int64_t given        # pages that it is to hold


@cython.final
cdef class HostCpus:
    """The allotted CPUs of a host by cell and core.

    cells      -- for each cell its cores, each a sequence of CPU numbers
    allotted   -- the CPUs that may be used, as a mask
    distances  -- a row of relative distances for each cell, or None where they aren't known
    """
    cdef readonly int cell_count
    cdef readonly int allotted
    cdef int core_count
    cdef int counted_for  # threads of a guest core that siblings and capacity were counted for last
    cdef int *cpus
    cdef Core *cores
    cdef CellTable *cells
    cdef int64_t *distances  # of each pair, there and back

    def __cinit__(self, tuple cells, allotted, tuple distances=None):
        cdef int cpu_total = 0, core, cell, at = 0, index = 0
        cdef int wanted
        if len(cells) > MOST_CELLS:
            raise ValueError(f"{len(cells)} cells are more than {MOST_CELLS}")
        self.cell_count = len(cells)
        for cores in cells:
            self.core_count += len(cores)
            for threads in cores:
                cpu_total += len(threads)
                if cpu_total > MOST_CPUS:
                    raise ValueError(f"more than {MOST_CPUS} CPUs")
        self.cpus = <int *> calloc(cpu_total + 1, sizeof(int))
        self.cores = <Core *> calloc(self.core_count + 1, sizeof(Core))
        self.cells = <CellTable *> calloc(self.cell_count + 1, sizeof(CellTable))
        self.distances = <int64_t *> calloc(self.cell_count * self.cell_count + 1, sizeof(int64_t))
        if not self.cpus or not self.cores or not self.cells or not self.distances:
            raise MemoryError()
        for cell in range(self.cell_count):
            self.cells[cell].first_core = index
            for threads in cells[cell]:
                if index == self.core_count:
                    raise ValueError("a cell has more cores than it counted")
                self.cores[index].first = at
                for one in threads:
                    if (allotted >> one) & 1:
                        if at == cpu_total:
                            raise ValueError("a core has more threads than it counted")
                        self.cpus[at] = one
                        at += 1
                self.cores[index].allotted = at - self.cores[index].first
                self.cells[cell].allotted += self.cores[index].allotted
                index += 1
            self.cells[cell].end_core = index
            self.allotted += self.cells[cell].allotted
        if distances is not None:
            if len(distances) != self.cell_count or any(len(row) != self.cell_count for row in distances):
                raise ValueError("not a row of distances for each cell")
            for core in range(self.cell_count):
                for cell in range(self.cell_count):
                    wanted = distances[core][cell]
                    # There and back in one number, at both places: a choice of cells asks for each pair once.
                    self.distances[core * self.cell_count + cell] += wanted
                    self.distances[cell * self.cell_count + core] += wanted

    def __dealloc__(self):
        free(self.cpus)
        free(self.cores)
        free(self.cells)
        free(self.distances)


# What keeps a guest off a host, as `place` answers it.
TOO_FEW_CPUS = 1
CROSSES_CELLS = 2
TOO_FEW_PAGES = 3
FEWER_PAGES_THAN_CELLS = 4


def place(
    HostCpus host not None, int cores, int threads, int spare, bint in_cells, tuple pages=None, int64_t wanted_pages=0
):
    """CPUs for a guest of ``cores`` guest cores of ``threads`` threads and for ``spare`` threads beside it.

    in_cells      -- each guest core lies in one cell, and each cell that is used holds a part of the memory
    pages         -- free pages of each cell; None where memory is no matter of cells
    wanted_pages  -- pages of the guest

    Answers (CPUs of the vCPUs in their order, CPUs beside them, shares), a share being (cell's index, guest cores in
    it, pages in it), in the order of the guest's cores; with ``in_cells`` alone. Where it doesn't fit: (what there is
    too little of, how much was wanted, how much there is). Raises ValueError for amounts that are none.
    """
    cdef int siblings = 0, capacity = 0, cell, most
    cdef int64_t there = 0
    cdef unsigned char[MOST_CELLS] chosen
    cdef int64_t[MOST_CELLS] amounts
    if cores < 1 or threads < 1 or spare < 0 or cores > MOST_CPUS or threads > MOST_CPUS or spare > MOST_CPUS:
        raise ValueError(f"{cores} cores of {threads} threads and {spare} more are no guest")
    if pages is not None and (len(pages) != host.cell_count or wanted_pages < 1):
        raise ValueError("not an amount of pages for each cell")
    if <int64_t> cores * threads + spare > host.allotted:
        return TOO_FEW_CPUS, <int64_t> cores * threads + spare, host.allotted
    # Reading an amount may run anything, a placement on this very host too: all are read before the tables are touched.
    if pages is not None:
        for cell in range(host.cell_count):
            amounts[cell] = pages[cell]
    for cell in range(host.cell_count):
        _count(host, cell, threads)
        siblings += host.cells[cell].siblings
        capacity += host.cells[cell].capacity
        host.cells[cell].pages = amounts[cell] if pages is not None else 0
        there += host.cells[cell].pages
    host.counted_for = threads
    if in_cells and capacity < cores:
        return CROSSES_CELLS, cores, capacity
    if pages is not None and there < wanted_pages:
        return TOO_FEW_PAGES, wanted_pages, there
    if not _choose(host, cores, threads, in_cells, siblings, wanted_pages if pages is not None else 0, chosen):
        cell = _fewest_cells(host, cores)
        if cell > wanted_pages:
            return FEWER_PAGES_THAN_CELLS, cell, wanted_pages
        return TOO_FEW_PAGES, wanted_pages, _pages_beside_cpus(host, cores)
    _share_cores(host, cores, in_cells, chosen)
    if pages is not None:
        _share_pages(host, cores, wanted_pages, chosen)
    # No Python object is made before all is decided: making one may run anything, and the host is everybody's.
    cdef int *pins = <int *> calloc(cores * threads + spare, sizeof(int))
    cdef CellTable *tables = <CellTable *> calloc(host.cell_count, sizeof(CellTable))
    try:
        if not pins or not tables:
            raise MemoryError()
        _pin(host, cores, threads, spare, in_cells, chosen, pins)
        memcpy(tables, host.cells, host.cell_count * sizeof(CellTable))
        shares = []
        if in_cells:
            for cell in range(host.cell_count):
                if chosen[cell]:
                    shares.append((cell, tables[cell].share, tables[cell].given))
        most = cores * threads
        return _numbers(pins, most), _numbers(pins + most, spare), shares
    finally:
        free(pins)
        free(tables)


cdef list _numbers(const int *first, int count):
    cdef list made = PyList_New(count)
    cdef object one
    cdef int at
    for at in range(count):
        one = first[at]
        Py_INCREF(one)
        PyList_SET_ITEM(made, at, one)
    return made


cdef void _count(HostCpus host, int cell, int threads) noexcept nogil:
    """What a cell can hold, and nothing of it given away."""
    cdef CellTable *table = &host.cells[cell]
    cdef int core
    for core in range(table.first_core, table.end_core):
        host.cores[core].used = 0
    table.share = 0
    table.given = 0
    if host.counted_for == threads:
        return
    table.siblings = 0
    for core in range(table.first_core, table.end_core):
        table.siblings += host.cores[core].allotted // threads
    table.capacity = table.allotted // threads


cdef bint _choose(
    HostCpus host, int cores, int threads, bint in_cells, int siblings, int64_t pages, unsigned char *chosen
) noexcept:
    """Marks the cells to be used; False where no choice of them has pages enough."""
    cdef int count = host.cell_count, size, cell, reached, best_reached = -1, target = min(cores, siblings)
    cdef int64_t most = count
    cdef int64_t cost, best_cost = 0
    cdef unsigned int members, best = 0, low, ripple, end
    for cell in range(count):
        chosen[cell] = 1
    if count == 1:
        return pages <= host.cells[0].pages
    if count > MOST_TO_CHOOSE:
        return _choose_largest(host, cores, threads, in_cells, pages, chosen)
    end = 1 << count
    if in_cells:
        # Each cell has a core of the guest, and a page.
        most = min(most, min(<int64_t> cores, pages if pages else most))
    for size in range(1, <int> most + 1):
        if not _may_do(host, size, cores, threads, in_cells, pages):
            continue
        members = (1 << size) - 1
        while members < end:
            reached = _siblings_in(host, members, cores, threads, in_cells, pages)
            # Fewer cells were looked at before: these are worth it only for more guest cores on siblings.
            if reached >= 0 and reached >= best_reached:
                cost = _cost(host, members)
                if reached > best_reached or (_size_of(best) == size and cost < best_cost):
                    best_reached, best_cost, best = reached, cost, members
            # The next larger number with as many bits (Gosper).
            low = members & (~members + 1)
            ripple = members + low
            members = (((ripple ^ members) >> 2) // low) | ripple
        if best_reached >= target:
            break
    if best_reached < 0:
        return False
    for cell in range(count):
        chosen[cell] = (best >> cell) & 1
    return True


cdef int _size_of(unsigned int members) noexcept nogil:
    cdef int size = 0
    while members:
        members &= members - 1
        size += 1
    return size


cdef bint _may_do(HostCpus host, int size, int cores, int threads, bint in_cells, int64_t pages) noexcept:
    """Whether the largest cells, so many of them, could hold the guest: without it none of that number can."""
    cdef int64_t room = 0, memory = 0, largest, most
    cdef unsigned int by_room = 0, by_memory = 0
    cdef int cell, at
    for _ in range(size):
        largest, at = -1, 0
        for cell in range(host.cell_count):
            if not (by_room >> cell) & 1 and _room(&host.cells[cell], in_cells) > largest:
                largest, at = _room(&host.cells[cell], in_cells), cell
        by_room |= 1 << at
        room += largest
        most, at = -1, 0
        for cell in range(host.cell_count):
            if not (by_memory >> cell) & 1 and host.cells[cell].pages > most:
                most, at = host.cells[cell].pages, cell
        by_memory |= 1 << at
        memory += most
    return room >= (cores if in_cells else <int64_t> cores * threads) and memory >= pages


cdef inline int _room(CellTable *table, bint in_cells) noexcept nogil:
    return table.capacity if in_cells else table.allotted


cdef int _siblings_in(
    HostCpus host, unsigned int members, int cores, int threads, bint in_cells, int64_t pages
) noexcept nogil:
    """Guest cores on siblings if these cells are used, -1 if they can't be: each has to hold some of the guest."""
    cdef int64_t room = 0, memory = 0, siblings = 0
    cdef int without = 0
    cdef unsigned int left = members
    cdef CellTable *table
    while left:
        table = &host.cells[__builtin_ctz(left)]
        left &= left - 1
        if _room(table, in_cells) == 0 or (pages and table.pages == 0):
            return -1
        room += _room(table, in_cells)
        memory += table.pages
        siblings += table.siblings
        without += table.siblings == 0
    if room < (cores if in_cells else <int64_t> cores * threads) or memory < pages:
        return -1
    if in_cells:
        # A cell without siblings takes one guest core at least, which then has none.
        return <int> min(siblings, <int64_t> cores - without)
    return <int> min(siblings, <int64_t> cores)


cdef int64_t _cost(HostCpus host, unsigned int members) noexcept nogil:
    """How far apart the cells lie, then how much of them is left over."""
    cdef int64_t apart = 0, room = 0
    cdef unsigned int left = members, others
    cdef const int64_t *row
    cdef int one
    while left:
        one = __builtin_ctz(left)
        left &= left - 1
        room += host.cells[one].allotted
        row = &host.distances[one * host.cell_count]
        apart += row[one] // 2
        others = left
        while others:
            apart += row[__builtin_ctz(others)]
            others &= others - 1
    return apart * MOST_CPUS * 2 + room


cdef bint _choose_largest(
    HostCpus host, int cores, int threads, bint in_cells, int64_t pages, unsigned char *chosen
) noexcept:
    """The largest cells until they hold the guest, on a host of very many."""
    cdef int64_t room = 0, memory = 0, wanted = cores if in_cells else <int64_t> cores * threads
    cdef int taken = 0, cell, at
    for cell in range(host.cell_count):
        chosen[cell] = 0
    while room < wanted or memory < pages:
        at = -1
        for cell in range(host.cell_count):
            if chosen[cell] or _room(&host.cells[cell], in_cells) == 0 or (pages and host.cells[cell].pages == 0):
                continue
            if at < 0 or _better(&host.cells[cell], &host.cells[at], room < wanted, in_cells):
                at = cell
        if at < 0 or (in_cells and (taken == cores or (pages and taken == pages))):
            return False
        chosen[at] = 1
        taken += 1
        room += _room(&host.cells[at], in_cells)
        memory += host.cells[at].pages
    return True


cdef inline bint _better(CellTable *one, CellTable *other, bint by_room, bint in_cells) noexcept nogil:
    return _room(one, in_cells) > _room(other, in_cells) if by_room else one.pages > other.pages


cdef int _fewest_cells(HostCpus host, int cores) noexcept:
    """Of how many cells a guest takes some at least, by its cores alone."""
    cdef int cell, taken = 0, at, left = cores
    cdef unsigned char[MOST_CELLS] seen
    for cell in range(host.cell_count):
        seen[cell] = 0
    while left > 0 and taken < host.cell_count:
        at = -1
        for cell in range(host.cell_count):
            if not seen[cell] and (at < 0 or host.cells[cell].capacity > host.cells[at].capacity):
                at = cell
        seen[at] = 1
        left -= host.cells[at].capacity
        taken += 1
    return taken


cdef int64_t _pages_beside_cpus(HostCpus host, int cores) noexcept:
    """The most pages of as many cells as there are guest cores to put one in each."""
    cdef int64_t memory = 0
    cdef int cell, taken = 0, at
    cdef unsigned char[MOST_CELLS] seen
    for cell in range(host.cell_count):
        seen[cell] = 0
    while taken < cores:
        at = -1
        for cell in range(host.cell_count):
            if not seen[cell] and host.cells[cell].capacity:
                if at < 0 or host.cells[cell].pages > host.cells[at].pages:
                    at = cell
        if at < 0:
            break
        seen[at] = 1
        memory += host.cells[at].pages
        taken += 1
    return memory


cdef void _share_cores(HostCpus host, int cores, bint in_cells, unsigned char *chosen) noexcept nogil:
    """Deals the guest's cores out to the chosen cells: siblings first, as evenly as they can be had."""
    cdef int left = cores, cell, open_cells, most, each, phase
    if in_cells:
        for cell in range(host.cell_count):
            if chosen[cell]:
                host.cells[cell].share = 1
                left -= 1
    for phase in range(2):
        while left > 0:
            open_cells = 0
            for cell in range(host.cell_count):
                if chosen[cell] and host.cells[cell].share < _limit(&host.cells[cell], phase):
                    open_cells += 1
            if open_cells == 0:
                break
            each = max(1, left // open_cells)
            for cell in range(host.cell_count):
                if chosen[cell] and left > 0:
                    most = min(each, min(left, _limit(&host.cells[cell], phase) - host.cells[cell].share))
                    if most > 0:
                        host.cells[cell].share += most
                        left -= most


cdef inline int _limit(CellTable *table, int phase) noexcept nogil:
    return table.siblings if phase == 0 else table.capacity


cdef void _share_pages(HostCpus host, int cores, int64_t pages, unsigned char *chosen) noexcept nogil:
    """Deals the guest's pages out as its cores are, as far as each cell has them, and at least one to each."""
    cdef int64_t left = pages, most
    cdef int cell
    for cell in range(host.cell_count):
        if chosen[cell]:
            most = <int64_t> (<double> pages * host.cells[cell].share / cores)
            host.cells[cell].given = max(1, min(most, host.cells[cell].pages))
            left -= host.cells[cell].given
    while left < 0:
        # One to each was more than there is: the guest has fewer pages than that, or one that was rounded up.
        for cell in range(host.cell_count):
            if chosen[cell] and left < 0 and host.cells[cell].given > 1:
                host.cells[cell].given -= 1
                left += 1
    for cell in range(host.cell_count):
        if chosen[cell] and left > 0 and host.cells[cell].given < host.cells[cell].pages:
            host.cells[cell].given += 1
            left -= 1
    for cell in range(host.cell_count):
        if chosen[cell] and left > 0:
            most = min(left, host.cells[cell].pages - host.cells[cell].given)
            host.cells[cell].given += most
            left -= most


cdef void _pin(
    HostCpus host, int cores, int threads, int spare, bint in_cells, unsigned char *chosen, int *pins
) noexcept nogil:
    """The table: guest cores by cell, in each those on siblings first; then the threads beside the guest."""
    cdef int cell, core, done, placed = 0, exact, at = 0
    for cell in range(host.cell_count):
        if not chosen[cell]:
            continue
        done = 0
        # Host cores that are used up by whole guest cores first, so that no thread is left beside a guest's.
        for exact in range(1, -1, -1):
            for core in range(host.cells[cell].first_core, host.cells[cell].end_core):
                if (host.cores[core].allotted % threads == 0) != exact:
                    continue
                while done < host.cells[cell].share and host.cores[core].allotted - host.cores[core].used >= threads:
                    at = _take(host, core, threads, pins, at)
                    done += 1
        if in_cells:
            at = _gather(host, cell, cell + 1, (host.cells[cell].share - done) * threads, chosen, pins, at)
        placed += done
    if not in_cells:
        at = _gather(host, 0, host.cell_count, (cores - placed) * threads, chosen, pins, at)
    _beside(host, spare, chosen, pins, at)


cdef int _take(HostCpus host, int core, int count, int *pins, int at) noexcept nogil:
    """Writes so many of a core's CPUs that are left at ``at``; the place behind them."""
    cdef Core *of = &host.cores[core]
    cdef int one
    for one in range(of.first + of.used, of.first + of.used + count):
        pins[at] = host.cpus[one]
        at += 1
    of.used += count
    return at


cdef int _gather(
    HostCpus host, int cell, int end, int count, unsigned char *chosen, int *pins, int at
) noexcept nogil:
    """Takes threads that are left, wherever they lie within these cells; the place behind them."""
    cdef int core, some
    while cell < end and count > 0:
        if chosen[cell]:
            for core in range(host.cells[cell].first_core, host.cells[cell].end_core):
                some = min(count, host.cores[core].allotted - host.cores[core].used)
                if some > 0:
                    at = _take(host, core, some, pins, at)
                    count -= some
        cell += 1
    return at


cdef void _beside(HostCpus host, int count, unsigned char *chosen, int *pins, int at) noexcept nogil:
    """Takes threads near the guest, on cores that have none of its own where there are such."""
    cdef int near, shared, cell, core
    for near in range(1, -1, -1):
        for shared in range(2):
            for cell in range(host.cell_count):
                if chosen[cell] != near:
                    continue
                for core in range(host.cells[cell].first_core, host.cells[cell].end_core):
                    if (host.cores[core].used > 0) != shared:
                        continue
                    while count > 0 and host.cores[core].used < host.cores[core].allotted:
                        at = _take(host, core, 1, pins, at)
                        count -= 1

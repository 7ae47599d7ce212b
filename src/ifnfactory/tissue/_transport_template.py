# fmt: off
@njit(nogil=True, cache=True, error_model="numpy")
def gather(fields, k, start, count, width, w, at):
    """Copy a field of a run of cells into a work row; a cell of many voxels sees their sum."""
    if BLOCK == 1:
        row, some = w[at : at + count], fields[k, start : start + count]
        for l in range(count):
            row[l] = some[l]
        return
    voxels = width * BLOCK
    for l in range(count):
        y, x = (start + l) // width, (start + l) % width
        total = np.float32(0.0)
        for j in range(BLOCK):
            for i in range(BLOCK):
                total += fields[k, (y * BLOCK + j) * voxels + x * BLOCK + i]
        w[at + l] = total


@njit(nogil=True, cache=True, error_model="numpy")
def chunk_sum(w, at, count, mask, start, half):
    """Return the sum over a chunk in double precision, by halves, so in the same order anywhere.

    Parameters
    ----------
    half
        Room of half a chunk, float64.
    """
    row = w[at : at + CHUNK]
    if mask.size:
        inside = mask[start : start + count]
        for l in range(count):
            row[l] *= np.float32(inside[l])
    for l in range(count, CHUNK):
        row[l] = np.float32(0.0)
    size = CHUNK // 2
    low, high = row[:size], row[size:]
    for l in range(size):
        half[l] = np.float64(low[l]) + np.float64(high[l])
    while size > 1:
        size = size // 2
        front, back = half[:size], half[size : 2 * size]
        for l in range(size):
            front[l] = front[l] + back[l]
    return half[0]


@njit(nogil=True, cache=True, error_model="numpy")
def read_row(some, scale, w, at):
    """Put a stored quantity of a run of cells into a work row, in its own unit."""
    row = w[at : at + some.size]
    for l in range(row.size):
        row[l] = np.float32(some[l]) * scale


@njit(nogil=True, cache=True, error_model="numpy")
def resident_row(base, a, b, share, w, at):
    """Put 1 into a work row where a resident is, 0 elsewhere."""
    row = w[at : at + CHUNK]
    for l in range(CHUNK):
        here = uniform(np.uint32(base + np.uint32(l)), a, b) < share
        row[l] = np.float32(1.0) if here else np.float32(0.0)


@njit(nogil=True, cache=True, error_model="numpy")
def round_row(base, a, b, high, scale, most, w, at):
    """Round amounts up or down at random; 16 bits of a number decide for each of two amounts."""
    row = w[at : at + CHUNK]
    shift = np.uint32(16) if high else np.uint32(0)
    for l in range(CHUNK):
        both = bits(np.uint32(base + np.uint32(l)), a, b)
        part = np.int32(np.uint32(np.uint32(both >> shift) & np.uint32(0xFFFF)))
        x = np.float32(np.int32(row[l] * scale + np.float32(part) * ROUNDING))
        x = x if x < most else most
        row[l] = x if x > np.float32(0.0) else np.float32(0.0)


@njit(nogil=True, cache=True, error_model="numpy")
def whole_row(w, at, mask, start, some):
    """Store a work row of whole numbers in few bits."""
    row = w[at : at + some.size]
    if mask.size:
        inside = mask[start : start + some.size]
        for l in range(row.size):
            if inside[l]:
                some[l] = np.int32(row[l] + np.float32(0.5))
    else:
        for l in range(row.size):
            some[l] = np.int32(row[l] + np.float32(0.5))


@njit(nogil=True, cache=True, error_model="numpy")
def plain_row(w, at, mask, start, some):
    """Store a work row as it is."""
    row = w[at : at + some.size]
    for l in range(row.size):
        if not mask.size or mask[start + l]:
            some[l] = row[l]


@njit(nogil=True, cache=True, error_model="numpy")
def neighbour_site(y, x, side, height, width, torus):
    """Return row and column of a neighbour; row -1 beyond a closed edge."""
    if SQUARE:
        dy, dx = (0, 0, 1, -1)[side % 4], (1, -1, 0, 0)[side % 4]
    else:
        dy, dx = (0, 0, 1, -1, 1, -1)[side], (1, -1, 0, 0, -1, 1)[side]
    y, x = y + dy, x + dx
    if torus:
        return y % height, x % width
    if y < 0 or y >= height or x < 0 or x >= width:
        return -1, -1
    return y, x


@njit(nogil=True, cache=True, error_model="numpy")
def wander(i, u, mask, height, width, layers, torus):
    """Return the site after a step to a random neighbour, the same where there is no tissue."""
    sides = 4 if SQUARE else 6
    ways = sides + (2 if layers > 1 else 0)
    way = min(np.int64(u * np.float32(ways)), ways - 1)
    z, rest = i // (height * width), i % (height * width)
    y, x = rest // width, rest % width
    if way >= sides:
        z += 1 if way == sides else -1
        if z < 0 or z >= layers:
            return i
    else:
        y, x = neighbour_site(y, x, way, height, width, torus)
        if y < 0:
            return i
    there = (z * height + y) * width + x
    return i if mask.size and not mask[there] else there


@njit(nogil=True, cache=True, error_model="numpy")
def count_neighbours(flag, counts, which, first, last, height, width, layers, torus):
    """Count, for the rows first to last of all sheets, the neighbours that are flagged."""
    sides = 4 if SQUARE else 6
    for row in range(first, last):
        z, y = row // height, row % height
        o = row * width
        if torus and not SQUARE and width > 2:
            up = (z * height + (y + 1) % height) * width
            low = (z * height + (y - 1) % height) * width
            mid, high, down = flag[o : o + width], flag[up : up + width], flag[low : low + width]
            inner = counts[which, o + 1 : o + width - 1]
            left, right, above, above_left = mid[:-2], mid[2:], high[1:-1], high[:-2]
            below, below_right = down[1:-1], down[2:]
            for x in range(inner.size):
                inner[x] = np.uint8(
                    left[x] + right[x] + above[x] + above_left[x] + below[x] + below_right[x]
                )
            edges = (0, width - 1)
            for x in edges:
                total = 0
                for side in range(6):
                    j, i = neighbour_site(y, x, side, height, width, torus)
                    total += flag[(z * height + j) * width + i]
                counts[which, o + x] = np.uint8(total)
        else:
            for x in range(width):
                total = 0
                for side in range(sides):
                    j, i = neighbour_site(y, x, side, height, width, torus)
                    if j >= 0:
                        total += flag[(z * height + j) * width + i]
                counts[which, o + x] = np.uint8(total)
        if layers > 1:
            for x in range(width):
                if z > 0:
                    counts[which, o + x] += flag[o + x - height * width]
                if z < layers - 1:
                    counts[which, o + x] += flag[o + x + height * width]


@njit(nogil=True, cache=True, error_model="numpy")
def pulse(k, first, last, width, who, fields, slot, sums):
    """Put what a macro step secretes into a field, shared by the voxels of each cell."""
    p, keys, Q, mask, zone = who
    made, half = np.empty(CHUNK, np.float32), np.empty(CHUNK // 2)
    share = np.float32(MACRO / (BLOCK * BLOCK))
    voxels = width * BLOCK
    sites = fields.shape[1] // (BLOCK * BLOCK)
    for chunk in range(first, last):
        start = chunk * CHUNK
        count = min(CHUNK, sites - start)
        source(k, start, count, p, keys, Q, mask, zone, made, 0)
        sums[chunk, k] = chunk_sum(made, 0, count, EVERYWHERE, 0, half)
        for l in range(count):
            y, x = (start + l) // width, (start + l) % width
            each = made[l] * share
            for j in range(BLOCK):
                for i in range(BLOCK):
                    fields[slot, (y * BLOCK + j) * voxels + x * BLOCK + i] += each


@njit(nogil=True, cache=True, error_model="numpy")
def plain_run(now, was, rhs, o, end, cols, hop, lost, by, gain):
    """Write the next stage of a run of sites over the stage before the last.

    The run goes on from row to row, through the margins between them: what it makes there is either
    renewed before it is read, or lies in a part of the margin that is not needed any more.
    """
    here, right, left = now[o:end], now[o + 1 : end + 1], now[o - 1 : end - 1]
    above, below = now[o + cols : end + cols], now[o - cols : end - cols]
    above_left = now[o + cols - 1 : end + cols - 1]
    below_right = now[o - cols + 1 : end - cols + 1]
    made, to = rhs[o:end], was[o:end]
    for i in range(to.size):
        near = (right[i] + left[i]) + (above[i] + below[i])
        if not SQUARE:
            near = near + (below_right[i] + above_left[i])
        flow = (hop * near - lost * here[i]) + made[i]
        to[i] = (here[i] + by * (here[i] - to[i])) + gain * flow


@njit(nogil=True, cache=True, error_model="numpy")
def twin_run(now, was, rhs, other, given, o, end, cols, hop, lost, by, gain):
    """Do the same with what the partner's layer gives."""
    here, right, left = now[o:end], now[o + 1 : end + 1], now[o - 1 : end - 1]
    above, below = now[o + cols : end + cols], now[o - cols : end - cols]
    above_left = now[o + cols - 1 : end + cols - 1]
    below_right = now[o - cols + 1 : end - cols + 1]
    made, to, mate = rhs[o:end], was[o:end], other[o:end]
    for i in range(to.size):
        near = (right[i] + left[i]) + (above[i] + below[i])
        if not SQUARE:
            near = near + (below_right[i] + above_left[i])
        flow = ((hop * near - lost * here[i]) + given * mate[i]) + made[i]
        to[i] = (here[i] + by * (here[i] - to[i])) + gain * flow


@njit(nogil=True, cache=True, error_model="numpy")
def masked_run(now, was, rhs, ins, deg, o, end, cols, hop, bare, by, gain):
    """Do the same where some sites are no tissue: they hold nothing and take nothing."""
    here, right, left = now[o:end], now[o + 1 : end + 1], now[o - 1 : end - 1]
    above, below = now[o + cols : end + cols], now[o - cols : end - cols]
    above_left = now[o + cols - 1 : end + cols - 1]
    below_right = now[o - cols + 1 : end - cols + 1]
    made, to, sides, inside = rhs[o:end], was[o:end], deg[o:end], ins[o:end]
    for i in range(to.size):
        near = (right[i] + left[i]) + (above[i] + below[i])
        if not SQUARE:
            near = near + (below_right[i] + above_left[i])
        flow = (hop * (near - sides[i] * here[i]) - bare * here[i]) + made[i]
        to[i] = ((here[i] + by * (here[i] - to[i])) + gain * flow) * inside[i]


@njit(nogil=True, cache=True, error_model="numpy")
def stacked_run(now, was, rhs, ins, deg, o, end, cols, above, below, hop, up, bare, by, gain):
    """Do the same in a stack of sheets, `above` and `below` away; 0 where there is none."""
    for j in range(o, end):
        v = now[j]
        near = (now[j + 1] + now[j - 1]) + (now[j + cols] + now[j - cols])
        if not SQUARE:
            near = near + (now[j - cols + 1] + now[j + cols - 1])
        flow = hop * (near - deg[j] * v) - bare * v
        flow = flow + up * (
            ins[j + above] * (now[j + above] - v) + ins[j - below] * (now[j - below] - v)
        )
        was[j] = ((v + by * (v - was[j])) + gain * (flow + rhs[j])) * ins[j]


@njit(nogil=True, cache=True, error_model="numpy")
def stage(now, was, rhs, other, ins, deg, edge, rows, cols, layers, law, by, gain):
    """Write the next stage of a tile over the stage before the last, in ``was``.

    next = (v + by (v - before)) + gain ((hop neighbours - lost v) + exchange + rhs).
    """
    hop, up, bare, given = law[0], law[1], law[2], law[3]
    # The diagonal as a sum: a product with a whole number would be of double precision.
    lost = bare + ((hop + hop) + (hop + hop))
    if not SQUARE:
        lost = lost + (hop + hop)
    plane = rows * cols
    for z in range(layers):
        o = z * plane + edge * cols + edge
        end = (z + 1) * plane - edge * cols - edge
        if layers > 1:
            above = plane if z < layers - 1 else 0
            below = plane if z > 0 else 0
            stacked_run(now, was, rhs, ins, deg, o, end, cols, above, below, hop, up, bare, by, gain)
        elif ins.size > 1:
            masked_run(now, was, rhs, ins, deg, o, end, cols, hop, bare, by, gain)
        elif other.size > 1:
            twin_run(now, was, rhs, other, given, o, end, cols, hop, lost, by, gain)
        else:
            plain_run(now, was, rhs, o, end, cols, hop, lost, by, gain)


@njit(nogil=True, cache=True, error_model="numpy")
def wrap_edges(now, rows, cols, layers):
    """Copy the edges of a whole torus to the ring around it."""
    for z in range(layers):
        o = z * rows * cols
        for r in range(1, rows - 1):
            now[o + r * cols] = now[o + r * cols + cols - 2]
            now[o + r * cols + cols - 1] = now[o + r * cols + 1]
        for i in range(cols):
            now[o + i] = now[o + (rows - 2) * cols + i]
            now[o + (rows - 1) * cols + i] = now[o + cols + i]


@njit(nogil=True, cache=True, error_model="numpy")
def first_guess(c, now, was, rhs, scale, shift, keep):
    """Start from the last field; an implicit step also adds it to the right-hand side."""
    for i in range(c.size):
        guess = c[i] * scale + shift
        rhs[i] = rhs[i] + keep * c[i]
        now[i] = guess
        was[i] = guess


@njit(nogil=True, cache=True, error_model="numpy")
def load_tile(k, box, size, halo, torus, c, guess, pulsed, who, degree, made, now, was, rhs, ins, deg):
    """Fill the buffers of a tile: first guess, right-hand side, what is tissue.

    Parameters
    ----------
    box
        First row and column of the tile, rows and columns with margins.
    size
        Height, width and layers of the lattice.
    """
    nothing = np.float32(0.0)
    y0, x0, rows, cols = box
    height, width, layers = size
    p, keys, Q, mask, zone = who
    for z in range(layers):
        for r in range(rows):
            y = y0 - halo + r
            o = (z * rows + r) * cols
            beyond = not torus and (y < 0 or y >= height)
            if torus:
                y = y % height
            done = 0
            while done < cols:
                x = x0 - halo + done
                a = o + done
                if torus:
                    x = x % width
                if beyond or x < 0 or x >= width:
                    run = min(cols - done, -x) if x < 0 and not beyond else cols - done
                    now[a : a + run] = nothing
                    was[a : a + run] = nothing
                    rhs[a : a + run] = nothing
                    if ins.size > 1:
                        ins[a : a + run] = nothing
                        deg[a : a + run] = nothing
                    done += run
                    continue
                run = min(cols - done, width - x)
                g = (z * height + y) * width + x
                if pulsed:
                    rhs[a : a + run] = nothing
                elif made.size:
                    rhs[a : a + run] = made[g : g + run]
                else:
                    source(k, g, run, p, keys, Q, mask, zone, rhs, a)
                first_guess(c[g : g + run], now[a : a + run], was[a : a + run], rhs[a : a + run],
                            guess[k, 0], guess[k, 1], guess[k, 2])
                if ins.size > 1:
                    for i in range(run):
                        sides = degree[g + i] if degree.size else (4 if SQUARE else 6)
                        inside = np.float32(1.0) if sides < 255 else nothing
                        ins[a + i] = inside
                        deg[a + i] = np.float32(sides) * inside
                        now[a + i] *= inside
                        was[a + i] *= inside
                done += run


@njit(nogil=True, cache=True, error_model="numpy")
def store_row(row, to, columns):
    """Write a row of a tile, add it to the sums of its columns; return how much was lifted to 0."""
    nothing = np.float32(0.0)
    below = 0
    for i in range(row.size):
        below += np.int32(1) if row[i] < nothing else np.int32(0)
    lifted = 0.0
    if below > 0:
        for i in range(row.size):
            if row[i] < nothing:
                lifted -= np.float64(row[i])
                row[i] = nothing
    for i in range(row.size):
        to[i] = row[i]
    for i in range(row.size):
        columns[i] += np.float64(row[i])
    return lifted


@njit(nogil=True, cache=True, error_model="numpy")
def store_tile(y0, x0, ny, nx, cols, rows, halo, height, width, layers, now, out):
    """Write the inner part of a tile; return its sum and how much was lifted to 0."""
    total, lifted = 0.0, 0.0
    columns = np.zeros(nx)
    for z in range(layers):
        for r in range(ny):
            a = (z * rows + r + halo) * cols + halo
            g = (z * height + y0 + r) * width + x0
            lifted += store_row(now[a : a + nx], out[g : g + nx], columns)
    for i in range(nx):
        total += columns[i]
    return total, lifted


@njit(nogil=True, cache=True, error_model="numpy")
def transport(
    k, partner, first, last, tile, geometry, stages, weights, law, guess, pulsed, who, degree, fields,
    slot, ledger_tiles, room,
):
    """Carry the tiles first to last of a field, and of its partner, over a field step.

    Parameters
    ----------
    tile
        Rows and columns of a tile, margin, and 1 where one tile is the whole lattice.
    weights
        (stages, 2): weight of the last change, and gain.
    guess
        (fields, 3): the first guess is ``c * scale + shift``; and 1/step of implicit steps.
    who
        What sources need: numbers, keys, quantities, mask and zone of the cells.
    room
        Buffers of this thread, (8, largest tile with its margins).
    """
    size = (geometry[0], geometry[1], geometry[2])
    height, width, layers, torus = geometry[0], geometry[1], geometry[2], geometry[3] == 1
    p, keys, Q, mask, zone = who
    th, tw, halo, whole = tile[0], tile[1], tile[2], tile[3] == 1
    across = (width + tw - 1) // tw
    most = layers * (th + 2 * halo) * (tw + 2 * halo)
    twin = partner >= 0
    covered = degree.size > 0 or layers > 1
    second, cover = most if twin else 1, most if covered else 1
    now, was, rhs = room[0, :most], room[1, :most], room[2, :most]
    now_b, was_b, rhs_b = room[3, :second], room[4, :second], room[5, :second]
    ins, deg = room[6, :cover], room[7, :cover]
    # A short row is not worth a call: the sources of a small lattice are made all at once.
    made = np.empty(layers * height * width if whole and not pulsed else 0, np.float32)
    for t in range(first, last):
        y0, x0 = (t // across) * th, (t % across) * tw
        ny, nx = min(th, height - y0), min(tw, width - x0)
        rows, cols = ny + 2 * halo, nx + 2 * halo
        box = (y0, x0, rows, cols)
        if whole and not pulsed:
            source(k, 0, made.size, p, keys, Q, mask, zone, made, 0)
        load_tile(k, box, size, halo, torus, fields[slot[k]], guess, pulsed, who, degree, made,
                  now, was, rhs, ins, deg)
        if twin:
            if whole and not pulsed:
                source(partner, 0, made.size, p, keys, Q, mask, zone, made, 0)
            load_tile(partner, box, size, halo, torus, fields[slot[partner]], guess, pulsed, who,
                      degree, made, now_b, was_b, rhs_b, ins, deg)
        for s in range(stages):
            edge = 1 if whole else s + 1
            if whole and torus:
                wrap_edges(now, rows, cols, layers)
                if twin:
                    wrap_edges(now_b, rows, cols, layers)
            by, gain = weights[s, 0], weights[s, 1]
            stage(now, was, rhs, now_b, ins, deg, edge, rows, cols, layers, law[k], by, gain)
            if twin:
                stage(now_b, was_b, rhs_b, now, ins, deg, edge, rows, cols, layers, law[partner],
                      by, gain)
                now_b, was_b = was_b, now_b
            now, was = was, now
        total, lifted = store_tile(
            y0, x0, ny, nx, cols, rows, halo, height, width, layers, now, fields[slot[FIELDS]]
        )
        ledger_tiles[t, 0], ledger_tiles[t, 1] = total, lifted
        if twin:
            total, lifted = store_tile(y0, x0, ny, nx, cols, rows, halo, height, width, layers,
                                       now_b, fields[slot[FIELDS + 1]])
            ledger_tiles[t, 2], ledger_tiles[t, 3] = total, lifted

# fmt: off
@njit(nogil=True, cache=True, error_model="numpy")
def first_guess(c, now, rhs, scale, shift, keep):
    """Start from the last field; an implicit step also adds it to the right-hand side.

    What was before the first guess is left as it is: the first stage gives it no weight.
    """
    for i in range(c.size):
        rhs[i] = rhs[i] + keep * c[i]
        now[i] = c[i] * scale + shift


@njit(nogil=True, cache=True, error_model="numpy")
def copy_run(some, to):
    """Copy a run of sites to the start of another; a slice that is assigned costs three times that."""
    for i in range(some.size):
        to[i] = some[i]


@njit(nogil=True, cache=True, error_model="numpy")
def add_run(to, some):
    """Add a run of sites to another."""
    for i in range(to.size):
        to[i] += some[i]


@njit(nogil=True, cache=True, error_model="numpy")
def load_rows(
    k, first, last, above, box, size, margins, torus, c, guess, pulsed, who, degree, brought, now, rhs,
    ins, deg,
):
    """Fill rows of the buffers of a tile: first guess, right-hand side, what is tissue.

    Parameters
    ----------
    first, last, above
        Rows of the tile, with its margins; and how many of them lie above the buffers' first row.
    box
        First row and column of the tile; its rows and columns with margins; from row to row.
    margins
        Rows above and below, columns to the left and right.
    size
        Height, width and layers of the lattice.
    brought
        What the blood brings to each site; empty for nothing.
    """
    nothing = np.float32(0.0)
    y0, x0, rows, cols, stride = box
    height, width, layers = size
    halo, side = margins
    p, keys, Q, mask, zone = who
    runs = np.empty((layers * (last - first) * (cols // width + 3), 3), np.int64)
    count = 0
    for z in range(layers):
        for r in range(first, last):
            y = y0 - halo + r
            o = (z * rows + r - above) * stride
            beyond = not torus and (y < 0 or y >= height)
            if torus:
                y = y % height
            done = 0
            while done < cols:
                x = x0 - side + done
                a = o + done
                if torus:
                    x = x % width
                if beyond or x < 0 or x >= width:
                    run = min(cols - done, -x) if x < 0 and not beyond else cols - done
                    now[a : a + run] = nothing
                    rhs[a : a + run] = nothing
                    if ins.size > 1:
                        ins[a : a + run] = nothing
                        deg[a : a + run] = nothing
                else:
                    run = min(cols - done, width - x)
                    g = (z * height + y) * width + x
                    runs[count, 0], runs[count, 1], runs[count, 2] = g, run, a
                    count += 1
                done += run
    if not pulsed:
        source(k, runs[:count], p, keys, Q, mask, zone, rhs)
    for n in range(count):
        g, run, a = runs[n, 0], runs[n, 1], runs[n, 2]
        soon = g + SWEPT * width
        ask(c, soon, soon + run)
        if pulsed:
            rhs[a : a + run] = nothing
        if brought.size:
            add_run(rhs[a : a + run], brought[g : g + run])
        first_guess(c[g : g + run], now[a : a + run], rhs[a : a + run], guess[k, 0], guess[k, 1],
                    guess[k, 2])
        if ins.size > 1:
            for i in range(run):
                sides = degree[g + i] if degree.size else (4 if SQUARE else 6)
                inside = np.float32(1.0) if sides < 255 else nothing
                ins[a + i] = inside
                deg[a + i] = np.float32(sides) * inside
                now[a + i] *= inside


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
        columns[i] += np.float64(row[i])
    return lifted


@njit(nogil=True, cache=True, error_model="numpy")
def store_rows(first, last, above, box, nx, size, margins, now, out, columns):
    """Write rows of a tile, add them to the sums of its columns; return how much was lifted."""
    y0, x0, rows, _cols, stride = box
    height, width, layers = size
    halo, side = margins
    lifted = 0.0
    for z in range(layers):
        for r in range(first, last):
            a = (z * rows + r - above) * stride + side
            g = (z * height + y0 + r - halo) * width + x0
            ask(out, g + SWEPT * width, g + SWEPT * width + nx)
            lifted += store_row(now[a : a + nx], out[g : g + nx], columns)
    return lifted


@njit(nogil=True, cache=True, error_model="numpy")
def carry_strip(
    k, box, inner, size, margins, c, guess, pulsed, who, degree, brought, law, weights, stages, window,
    now, was, rhs, out,
):
    """Carry a tile of a full torus, row by row; return its columns' sums and how much was lifted.

    A few rows of it lie in the buffers, so that it may be high and its margin costs little. A block
    of rows goes through all stages while it is in the cache nearest to the core, each stage one row
    behind the one before; rows that have gone through all are stored; and when the buffers are full,
    the rows that are still looked at go to their top.

    Parameters
    ----------
    window
        Rows of the buffers.
    """
    rows, cols, stride = box[2], box[3], box[4]
    ny, nx = inner
    halo = margins[0]
    none = rhs[:0]
    lost = whole_loss(law[0], law[2])
    columns = np.zeros(nx)
    lifted = 0.0
    above, loaded = 0, 0  # rows above the buffers, and rows that have been in them
    for top in range(1, rows + stages, SWEPT):
        until = min(rows, top + SWEPT + 1)
        if until - above > window:
            start = top - stages
            for buffer in (now, was, rhs):
                copy_run(buffer[(start - above) * stride : (loaded - above) * stride], buffer)
            above = start
        load_rows(k, loaded, until, above, box, size, margins, True, c, guess, pulsed, who, degree,
                  brought, now, rhs, none, none)
        loaded = until
        for s in range(stages):
            first, last = max(top - s, s + 1), min(top + SWEPT - s, rows - s - 1)
            if first >= last:
                continue
            left, right = (s + 1) // 16 * 16, (cols - s + 14) // 16 * 16
            by, gain = weights[s, 0], weights[s, 1]
            keep, moves = kept(lost, by, gain), gain * law[0]
            if s % 2 == 0:
                stage_rows(now, was, rhs, first - above, last - above, left, right, keep, moves, by, gain)
            else:
                stage_rows(was, now, rhs, first - above, last - above, left, right, keep, moves, by, gain)
        first, last = max(top - stages + 1, halo), min(top + SWEPT - stages + 1, halo + ny)
        done = now if stages % 2 == 0 else was
        lifted += store_rows(first, last, above, box, nx, size, margins, done, out, columns)
    return columns, lifted


@njit(nogil=True, cache=True, error_model="numpy")
def total_of(columns):
    """Add up the sums of columns, one after the other."""
    total = 0.0
    for i in range(columns.size):
        total += columns[i]
    return total


@njit(nogil=True, cache=True, error_model="numpy")
def transport(
    k, partner, first, last, tile, geometry, stages, weights, law, guess, pulsed, who, degree, fields,
    slot, brought, ledger_tiles, room,
):
    """Carry the tiles first to last of a field, and of its partner, over a field step.

    Parameters
    ----------
    tile
        Rows and columns of a tile, its margin in rows, 1 where one tile is the whole lattice, number
        of tiles, margin in columns, from row to row, and rows of the buffers; 0 and 0 where all of
        a tile is in the buffers at once.
    weights
        (stages, 2): weight of the last change, and gain.
    guess
        (fields, 3): the first guess is ``c * scale + shift``; and 1/step of implicit steps.
    who
        What sources need: numbers, keys, quantities, mask and zone of the cells.
    room
        Buffers of this thread, (8, largest tile with its margins); zeros at first, for the ring
        around a closed lattice that is one tile is never written.
    """
    size = (geometry[0], geometry[1], geometry[2])
    height, width, layers, torus = geometry[0], geometry[1], geometry[2], geometry[3] == 1
    th, tw, halo, whole, side, pitch = tile[0], tile[1], tile[2], tile[3] == 1, tile[5], tile[6]
    window = tile[7]
    margins = (halo, side)
    across = (width + tw - 1) // tw
    most = window * pitch if pitch else layers * (th + 2 * halo) * (tw + 2 * side)
    twin = partner >= 0
    covered = degree.size > 0 or layers > 1
    second, cover = most if twin else 1, most if covered else 1
    now, was, rhs = room[0, :most], room[1, :most], room[2, :most]
    now_b, was_b, rhs_b = room[3, :second], room[4, :second], room[5, :second]
    ins, deg = room[6, :cover], room[7, :cover]
    for t in range(first, last):
        y0, x0 = (t // across) * th, (t % across) * tw
        ny, nx = min(th, height - y0), min(tw, width - x0)
        inner = (ny, nx)
        rows, cols = ny + 2 * halo, nx + 2 * side
        box = (y0, x0, rows, cols, max(cols, pitch))
        if pitch:
            columns, lifted = carry_strip(
                k, box, inner, size, margins, fields[slot[k]], guess, pulsed, who, degree, brought,
                law[k], weights, stages, window, now, was, rhs, fields[slot[FIELDS]])
            ledger_tiles[t, 0], ledger_tiles[t, 1] = total_of(columns), lifted
            continue
        load_rows(k, 0, rows, 0, box, size, margins, torus, fields[slot[k]], guess, pulsed, who,
                  degree, brought, now, rhs, ins, deg)
        if twin:
            load_rows(partner, 0, rows, 0, box, size, margins, torus, fields[slot[partner]], guess,
                      pulsed, who, degree, brought, now_b, rhs_b, ins, deg)
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
        columns = np.zeros(nx)
        lifted = store_rows(halo, halo + ny, 0, box, nx, size, margins, now, fields[slot[FIELDS]],
                            columns)
        ledger_tiles[t, 0], ledger_tiles[t, 1] = total_of(columns), lifted
        if twin:
            columns = np.zeros(nx)
            lifted = store_rows(halo, halo + ny, 0, box, nx, size, margins, now_b,
                                fields[slot[FIELDS + 1]], columns)
            ledger_tiles[t, 2], ledger_tiles[t, 3] = total_of(columns), lifted

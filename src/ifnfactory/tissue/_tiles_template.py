# fmt: off
@njit(nogil=True, cache=True, error_model="numpy")
def first_guess(c, now, was, rhs, scale, shift, keep):
    """Start from the last field; an implicit step also adds it to the right-hand side."""
    for i in range(c.size):
        guess = c[i] * scale + shift
        rhs[i] = rhs[i] + keep * c[i]
        now[i] = guess
        was[i] = guess


@njit(nogil=True, cache=True, error_model="numpy")
def add_run(to, some):
    """Add a run of sites to another."""
    for i in range(to.size):
        to[i] += some[i]


@njit(nogil=True, cache=True, error_model="numpy")
def load_tile(
    k, box, size, margins, torus, c, guess, pulsed, who, degree, made, brought, now, was, rhs, ins, deg,
):
    """Fill the buffers of a tile: first guess, right-hand side, what is tissue.

    Parameters
    ----------
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
    for z in range(layers):
        for r in range(rows):
            y = y0 - halo + r
            o = (z * rows + r) * stride
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
                    was[a : a + run] = nothing
                    rhs[a : a + run] = nothing
                    if ins.size > 1:
                        ins[a : a + run] = nothing
                        deg[a : a + run] = nothing
                    done += run
                    continue
                run = min(cols - done, width - x)
                g = (z * height + y) * width + x
                ask(c, g + 2 * width, g + 2 * width + run)
                if pulsed:
                    rhs[a : a + run] = nothing
                elif made.size:
                    rhs[a : a + run] = made[g : g + run]
                else:
                    source(k, g, run, p, keys, Q, mask, zone, rhs, a)
                if brought.size:
                    add_run(rhs[a : a + run], brought[g : g + run])
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
        columns[i] += np.float64(row[i])
    return lifted


@njit(nogil=True, cache=True, error_model="numpy")
def store_tile(box, inner, size, margins, now, out):
    """Write the inner part of a tile; return its sum and how much was lifted to 0."""
    y0, x0, rows, _cols, stride = box
    height, width, layers = size
    ny, nx = inner
    halo, side = margins
    total, lifted = 0.0, 0.0
    columns = np.zeros(nx)
    for z in range(layers):
        for r in range(ny):
            a = (z * rows + r + halo) * stride + side
            g = (z * height + y0 + r) * width + x0
            lifted += store_row(now[a : a + nx], out[g : g + nx], columns)
    for i in range(nx):
        total += columns[i]
    return total, lifted


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
        of tiles, margin in columns, and from row to row; 0 for as many columns as there are.
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
    th, tw, halo, whole, side, pitch = tile[0], tile[1], tile[2], tile[3] == 1, tile[5], tile[6]
    margins = (halo, side)
    across = (width + tw - 1) // tw
    most = layers * (th + 2 * halo) * max(tw + 2 * side, pitch)
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
        inner = (ny, nx)
        rows, cols = ny + 2 * halo, nx + 2 * side
        box = (y0, x0, rows, cols, max(cols, pitch))
        if whole and not pulsed:
            source(k, 0, made.size, p, keys, Q, mask, zone, made, 0)
        load_tile(k, box, size, margins, torus, fields[slot[k]], guess, pulsed, who, degree, made,
                  brought, now, was, rhs, ins, deg)
        if twin:
            if whole and not pulsed:
                source(partner, 0, made.size, p, keys, Q, mask, zone, made, 0)
            load_tile(partner, box, size, margins, torus, fields[slot[partner]], guess, pulsed, who,
                      degree, made, brought, now_b, was_b, rhs_b, ins, deg)
        if pitch:
            all_stages(now, was, rhs, rows, cols, law[k], weights, stages)
            if stages % 2 == 1:
                now, was = was, now
        for s in range(0 if pitch else stages):
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
        total, lifted = store_tile(box, inner, size, margins, now, fields[slot[FIELDS]])
        ledger_tiles[t, 0], ledger_tiles[t, 1] = total, lifted
        if twin:
            total, lifted = store_tile(box, inner, size, margins, now_b, fields[slot[FIELDS + 1]])
            ledger_tiles[t, 2], ledger_tiles[t, 3] = total, lifted

# fmt: off
@njit(nogil=True, cache=True, error_model="numpy")
def whole_loss(hop, bare):
    """Return what a site with all its neighbours loses [1/min].

    A sum: a product with a whole number would be of double precision.
    """
    lost = bare + ((hop + hop) + (hop + hop))
    if not SQUARE:
        lost = lost + (hop + hop)
    return lost


@njit(nogil=True, cache=True, error_model="numpy")
def kept(lost, by, gain):
    """Return what multiplies the value of a site in its next stage."""
    return (np.float32(1.0) + by) - gain * lost


@njit(nogil=True, cache=True, error_model="numpy")
def plain_run(now, was, rhs, o, end, cols, keep, moves, by, gain):
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
        to[i] = (keep * here[i] - by * to[i]) + (moves * near + gain * made[i])


@njit(nogil=True, cache=True, error_model="numpy")
def twin_run(now, was, rhs, other, given, o, end, cols, keep, moves, by, gain):
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
        flow = moves * near + gain * (given * mate[i] + made[i])
        to[i] = (keep * here[i] - by * to[i]) + flow


@njit(nogil=True, cache=True, error_model="numpy")
def masked_run(now, was, rhs, other, given, ins, deg, o, end, cols, keep, moves, by, gain):
    """Do the same where some sites are no tissue: they hold nothing and take nothing."""
    here, right, left = now[o:end], now[o + 1 : end + 1], now[o - 1 : end - 1]
    above, below = now[o + cols : end + cols], now[o - cols : end - cols]
    above_left = now[o + cols - 1 : end + cols - 1]
    below_right = now[o - cols + 1 : end - cols + 1]
    made, to, sides, inside = rhs[o:end], was[o:end], deg[o:end], ins[o:end]
    mate = other[o:end]
    for i in range(to.size):
        near = (right[i] + left[i]) + (above[i] + below[i])
        if not SQUARE:
            near = near + (below_right[i] + above_left[i])
        flow = moves * (near - sides[i] * here[i]) + gain * (given * mate[i] + made[i])
        to[i] = ((keep * here[i] - by * to[i]) + flow) * inside[i]


@njit(nogil=True, cache=True, error_model="numpy")
def stacked_run(
    now, was, rhs, other, given, ins, deg, o, end, cols, above, below, keep, moves, rises, by, gain,
):
    """Do the same in a stack of sheets, `above` and `below` away; 0 where there is none."""
    for j in range(o, end):
        v = now[j]
        near = (now[j + 1] + now[j - 1]) + (now[j + cols] + now[j - cols])
        if not SQUARE:
            near = near + (now[j - cols + 1] + now[j + cols - 1])
        across = ins[j + above] * (now[j + above] - v) + ins[j - below] * (now[j - below] - v)
        flow = moves * (near - deg[j] * v) + rises * across
        flow = flow + gain * (given * other[j] + rhs[j])
        was[j] = ((keep * v - by * was[j]) + flow) * ins[j]


@njit(nogil=True, cache=True, error_model="numpy")
def stage(now, was, rhs, other, ins, deg, edge, rows, cols, layers, law, by, gain):
    """Write the next stage of a tile over the stage before the last, in ``was``.

    next = v + by (v - before) + gain (hop neighbours - lost v + exchange + rhs), where what multiplies
    v is the same at all sites, and added up once.
    """
    hop, up, bare, given = law[0], law[1], law[2], law[3]
    moves, rises = gain * hop, gain * up
    keep = kept(bare, by, gain) if ins.size > 1 else kept(whole_loss(hop, bare), by, gain)
    plane = rows * cols
    mate = other if other.size > 1 else now  # `given` is 0 then
    for z in range(layers):
        o = z * plane + edge * cols + edge
        end = (z + 1) * plane - edge * cols - edge
        if layers > 1:
            above = plane if z < layers - 1 else 0
            below = plane if z > 0 else 0
            stacked_run(now, was, rhs, mate, given, ins, deg, o, end, cols, above, below, keep, moves,
                        rises, by, gain)
        elif ins.size > 1:
            masked_run(now, was, rhs, mate, given, ins, deg, o, end, cols, keep, moves, by, gain)
        elif other.size > 1:
            twin_run(now, was, rhs, other, given, o, end, cols, keep, moves, by, gain)
        else:
            plain_run(now, was, rhs, o, end, cols, keep, moves, by, gain)


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

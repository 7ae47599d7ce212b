# fmt: off
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
def masked_run(now, was, rhs, other, given, ins, deg, o, end, cols, hop, bare, by, gain):
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
        flow = ((hop * (near - sides[i] * here[i]) - bare * here[i]) + given * mate[i]) + made[i]
        to[i] = ((here[i] + by * (here[i] - to[i])) + gain * flow) * inside[i]


@njit(nogil=True, cache=True, error_model="numpy")
def stacked_run(
    now, was, rhs, other, given, ins, deg, o, end, cols, above, below, hop, up, bare, by, gain,
):
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
        flow = (flow + given * other[j]) + rhs[j]
        was[j] = ((v + by * (v - was[j])) + gain * flow) * ins[j]


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
    mate = other if other.size > 1 else now  # `given` is 0 then
    for z in range(layers):
        o = z * plane + edge * cols + edge
        end = (z + 1) * plane - edge * cols - edge
        if layers > 1:
            above = plane if z < layers - 1 else 0
            below = plane if z > 0 else 0
            stacked_run(now, was, rhs, mate, given, ins, deg, o, end, cols, above, below, hop, up,
                        bare, by, gain)
        elif ins.size > 1:
            masked_run(now, was, rhs, mate, given, ins, deg, o, end, cols, hop, bare, by, gain)
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

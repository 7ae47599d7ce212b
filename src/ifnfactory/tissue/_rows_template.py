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
def read_row(some, scale, w, at):
    """Put a stored quantity of a run of cells into a work row, in its own unit."""
    row = w[at : at + some.size]
    for l in range(row.size):
        row[l] = np.float32(some[l]) * scale


@njit(nogil=True, cache=True, error_model="numpy")
def resident_row(base, a, b, share, w, at, lanes):
    """Put 1 into a work row where a resident is, 0 elsewhere."""
    row = w[at : at + lanes]
    for l in range(lanes):
        here = uniform(np.uint32(base + np.uint32(l)), a, b) < share
        row[l] = np.float32(1.0) if here else np.float32(0.0)


@njit(nogil=True, cache=True, error_model="numpy")
def rounded(x, part, scale, most):
    """Return an amount in whole steps, up or down as 16 random bits decide, from 0 to `most`."""
    x = np.float32(np.int32(x * scale + np.float32(np.int32(part)) * ROUNDING))
    x = x if x < most else most
    return x if x > np.float32(0.0) else np.float32(0.0)


@njit(nogil=True, cache=True, error_model="numpy")
def round_row(base, a, b, scale, most, w, at, lanes):
    """Round amounts up or down at random."""
    row = w[at : at + lanes]
    for l in range(lanes):
        both = bits(np.uint32(base + np.uint32(l)), a, b)
        row[l] = rounded(row[l], np.uint32(both & np.uint32(0xFFFF)), scale, most)


@njit(nogil=True, cache=True, error_model="numpy")
def round_two(base, a, b, scale, most, other_scale, other_most, w, at, other_at, lanes):
    """Round two amounts of each cell, each with half of the bits of one random number."""
    row, other = w[at : at + lanes], w[other_at : other_at + lanes]
    for l in range(lanes):
        both = bits(np.uint32(base + np.uint32(l)), a, b)
        row[l] = rounded(row[l], np.uint32(both & np.uint32(0xFFFF)), scale, most)
        other[l] = rounded(other[l], np.uint32(both >> np.uint32(16)), other_scale, other_most)


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
def chunk_sum(w, at, count, mask, start, eighth):
    """Return the sum over a chunk in double precision, by eighths, so in the same order anywhere.

    Parameters
    ----------
    eighth
        Room of an eighth of a chunk, float64.
    """
    row = w[at : at + CHUNK]
    if mask.size:
        inside = mask[start : start + count]
        for l in range(count):
            row[l] *= np.float32(inside[l])
    for l in range(count, CHUNK):
        row[l] = np.float32(0.0)
    size = CHUNK // 8
    for l in range(size):
        a = np.float64(row[l]) + np.float64(row[size + l])
        b = np.float64(row[2 * size + l]) + np.float64(row[3 * size + l])
        c = np.float64(row[4 * size + l]) + np.float64(row[5 * size + l])
        d = np.float64(row[6 * size + l]) + np.float64(row[7 * size + l])
        eighth[l] = (a + b) + (c + d)
    while size >= 8:
        size = size // 8
        for l in range(size):
            a, b = eighth[l] + eighth[size + l], eighth[2 * size + l] + eighth[3 * size + l]
            c, d = eighth[4 * size + l] + eighth[5 * size + l], eighth[6 * size + l] + eighth[7 * size + l]
            eighth[l] = (a + b) + (c + d)
    total = eighth[0]
    for l in range(1, size):
        total += eighth[l]
    return total

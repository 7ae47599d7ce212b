# fmt: off
@njit(nogil=True, cache=True, error_model="numpy")
def pulse(k, first, last, width, who, fields, slot, sums):
    """Put what a macro step secretes into a field, shared by the voxels of each cell."""
    p, keys, Q, mask, zone = who
    made, eighth = np.empty(CHUNK, np.float32), np.empty(CHUNK // 8)
    run = np.zeros((1, 3), np.int64)
    share = np.float32(MACRO / (BLOCK * BLOCK))
    voxels = width * BLOCK
    sites = fields.shape[1] // (BLOCK * BLOCK)
    for chunk in range(first, last):
        start = chunk * CHUNK
        count = min(CHUNK, sites - start)
        run[0, 0], run[0, 1] = start, count
        source(k, run, p, keys, Q, mask, zone, made)
        sums[chunk, k] = chunk_sum(made, 0, count, EVERYWHERE, 0, eighth)
        for l in range(count):
            y, x = (start + l) // width, (start + l) % width
            each = made[l] * share
            for j in range(BLOCK):
                for i in range(BLOCK):
                    fields[slot, (y * BLOCK + j) * voxels + x * BLOCK + i] += each


@njit(nogil=True, cache=True, error_model="numpy")
def from_blood(k, p, exchange, vessels, layers, c, vein, gain):
    """Fill what the blood brings to each site [unit/min]; return the sum of all sheets."""
    order, upstream, flow, supply = vessels
    plane = c.size // layers
    total = 0.0
    for z in range(layers):
        first, last = z * plane, (z + 1) * plane
        total += bring(order, upstream, flow, supply, exchange, arriving(k, p), c[first:last], vein,
                       gain[first:last])
    return total

# fmt: off
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

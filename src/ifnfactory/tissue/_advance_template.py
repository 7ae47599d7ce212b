# fmt: off
@njit(nogil=True, cache=True, error_model="numpy")
def prepare(seed, step, keys):
    """Fill the keys of a macro step: of its purposes, and of residents, who never change."""
    fill_keys(seed, step + 1, 0, keys[:PURPOSES])
    fill_keys(seed, 0, RESIDENT_PURPOSES, keys[PURPOSES : PURPOSES + RESIDENTS])


@njit(nogil=True, cache=True, error_model="numpy")
def unrounded(ledger, k, steps):
    """Return the factor that takes back what thousands of rounded steps add up to, and no more.

    Parameters
    ----------
    steps
        Explicit steps of a field step: each is off by less than a unit in the last place, 6e-8.
    """
    if ledger[k, 5] > 0.0 and abs(ledger[k, 7] / ledger[k, 5] - 1.0) < 1e-7 * max(steps, 10):
        return np.float32(ledger[k, 7] / ledger[k, 5])
    return np.float32(1.0)


@njit(nogil=True, cache=True, error_model="numpy")
def settle(k, partner, step, steps, made_rate, loss, open_sites, mixed, ledger, guess):
    """Book a field step: what is made and lost, and the first guess of the new field.

    The amount in the tissue obeys the same scalar equation as the field, summed over sites, so that
    what is made, taken up, decayed, carried away and present must balance.

    Parameters
    ----------
    step, steps
        Length of a field step [min] and explicit steps in it; 0 for an implicit step.
    loss
        (fields, 5): uptake, decay, washout, to the partner, from the partner [1/min].
    ledger
        (fields, 8): made, taken up, decayed, carried away, passed to the partner, present, lifted,
        and the amount that should be present.
    """
    twin = partner >= 0
    if steps == 0:
        before, there = ledger[k, 7], ledger[k, 5]
        rate = loss[k, 0] + loss[k, 1] + loss[k, 2]
        target = (before + step * made_rate[k]) / (1.0 + rate * step)
        ledger[k, 0] += step * made_rate[k]
        for part in range(3):
            ledger[k, 1 + part] += step * loss[k, part] * target
        ledger[k, 7] = target
        scale = 1.0
        if there > 0.0:
            scale = min(target / there, 2.0)
        guess[k, 0] = np.float32(scale)
        guess[k, 1] = np.float32((target - scale * there) / open_sites)
        guess[k, 2] = np.float32(1.0 / step)
        if mixed:
            guess[k, 0] = np.float32(0.0)
            guess[k, 1] = np.float32(target / open_sites)
        return
    guess[k, 0] = unrounded(ledger, k, steps)
    guess[k, 1], guess[k, 2] = np.float32(0.0), np.float32(0.0)
    a, b = ledger[k, 7], 0.0
    if twin:
        b = ledger[partner, 7]
        guess[partner, 0] = unrounded(ledger, partner, steps)
        guess[partner, 1], guess[partner, 2] = np.float32(0.0), np.float32(0.0)
    dt = step / steps
    for _ in range(steps):
        passed = dt * loss[k, 3] * a
        for part in range(3):
            ledger[k, 1 + part] += dt * loss[k, part] * a
        next_a = a + dt * (made_rate[k] - (loss[k, 0] + loss[k, 1] + loss[k, 2]) * a) - passed
        ledger[k, 0] += dt * made_rate[k]
        if twin:
            back = dt * loss[partner, 3] * b
            for part in range(3):
                ledger[partner, 1 + part] += dt * loss[partner, part] * b
            out_b = loss[partner, 0] + loss[partner, 1] + loss[partner, 2]
            next_b = b + dt * (made_rate[partner] - out_b * b) - back + passed
            ledger[partner, 0] += dt * made_rate[partner]
            ledger[k, 4] += passed - back
            ledger[partner, 4] += back - passed
            next_a += back
            b = next_b
        a = next_a
    ledger[k, 7] = a
    if twin:
        ledger[partner, 7] = b


@njit(nogil=True, cache=True, error_model="numpy")
def made_of(sums, made_rate):
    """Sum what all chunks secrete, in their order."""
    for j in range(made_rate.size):
        total = 0.0
        for chunk in range(sums.shape[0]):
            total += sums[chunk, j]
        made_rate[j] = total


@njit(nogil=True, cache=True, error_model="numpy")
def book_pulse(k, sums, ledger):
    """Book what a macro step put into a field at once."""
    total = 0.0
    for chunk in range(sums.shape[0]):
        total += sums[chunk, k]
    ledger[k, 0] += MACRO * total
    ledger[k, 5] += MACRO * total
    ledger[k, 7] += MACRO * total


@njit(nogil=True, cache=True, error_model="numpy")
def book(k, tiles, first, ledger):
    """Add up the tiles of a field: present amount and what was lifted to 0; whether it is sound.

    Rounding and the sweeps leave a ripple around 0; a step that has to lift a tenth of all that
    there is is no ripple.
    """
    total, lifted = 0.0, 0.0
    for t in range(tiles.shape[0]):
        total += tiles[t, first]
        lifted += tiles[t, first + 1]
    ledger[k, 5] = total
    ledger[k, 6] += lifted
    return np.isfinite(total) and lifted <= 0.1 * max(ledger[k, 0], total)


@njit(nogil=True, cache=True, error_model="numpy")
def drain_pools(p, made_rate, decay, sites, pools):
    """Let the pools take what cells gave, for a macro step, exactly for a constant inflow."""
    for j in range(POOLS):
        inflow = made_rate[FIELDS + j] / sites
        x = decay[j] * MACRO
        fade = np.exp(-x)
        gain = MACRO if x == 0.0 else -np.expm1(-x) / decay[j]
        pools[j] = pools[j] * fade + inflow * gain
        p[FIRST_POOL + j] = np.float32(pools[j])


@njit(nogil=True, cache=True, error_model="numpy")
def advance(
    seed, first_step, steps, p, drive, Q, fields, slot, counts, flag, mask, zone, degree, geometry,
    tile, stages, explicit, weights, law, loss, partner, pulsed, mixed, pools, pool_decay,
    kind, site, lit_of, agent_every, ledger, exchange, vessels, vein, gain, sums, tiles, room,
):
    """Carry out macro steps on one thread; return how many were made before a field went wrong."""
    layers, torus = geometry[2], geometry[3] == 1
    sites, open_voxels, open_sites = geometry[4], geometry[5], geometry[6]
    cell_width, cell_height = geometry[7], geometry[8]
    chunks = sums.shape[0]
    keys = np.empty((PURPOSES + RESIDENTS, 2), np.uint32)
    guess = np.zeros((max(1, FIELDS), 3), np.float32)
    made_rate = np.zeros(FIELDS + POOLS)
    who = (p, keys, Q, mask, zone)
    for n in range(steps):
        step = first_step + n
        begin(seed, step, n, p, drive, keys)
        if kind.size and step % agent_every == 0:
            let_agents_act(seed, step, who, geometry, kind, site, lit_of, agent_every)
        for k in range(FIELDS):
            if pulsed[k]:
                pulse(k, 0, chunks, cell_width, who, fields, slot[k], sums)
                book_pulse(k, sums, ledger)
        for j in range(NEIGHBOURS):
            flags(j, 0, sites, p, keys, Q, mask, zone, flag)
            count_neighbours(flag, counts, j, 0, layers * cell_height, cell_height, cell_width,
                             layers, torus)
        cells(0, chunks, sites, cell_width, p, keys, Q, fields, slot, counts, mask, zone, sums)
        after_cells(p, sums, made_rate, pool_decay, open_sites, pools, pulsed)
        for k in range(FIELDS):
            mate = partner[k]
            if 0 <= mate < k:
                continue
            blood = gain[:0]
            if exchange[k] > 0.0:
                made_rate[k] += from_blood(k, p, exchange[k], vessels, layers, fields[slot[k]], vein,
                                           gain)
                blood = gain
            settle(k, mate, MACRO, 0 if mixed else explicit[k], made_rate, loss, open_voxels, mixed,
                   ledger, guess)
            transport(k, mate, 0, tile[k, 4], tile[k], geometry, 0 if mixed else stages[k],
                      weights[k], law, guess, pulsed[k], who, degree, fields, slot, blood, tiles,
                      room)
            if not finish_field(k, mate, tile[k, 4], slot, tiles, ledger):
                return n + 1
    return steps


@njit(nogil=True, cache=True, error_model="numpy")
def begin(seed, step, n, p, drive, keys):
    """Set the inputs and the keys of a macro step."""
    for j in range(drive.shape[1]):
        p[FIRST_INPUT + j] = drive[n, j]
    prepare(seed, step, keys)


@njit(nogil=True, cache=True, error_model="numpy")
def let_agents_act(seed, step, who, geometry, kind, site, lit_of, agent_every):
    """Let agents walk, light up, and do to their cells what they do."""
    p, keys, Q, mask, zone = who
    akeys = np.empty((32, 2), np.uint32)
    fill_keys(seed, step + 1, AGENT_PURPOSES, akeys)
    agents_act(MACRO * agent_every, akeys, kind, site, lit_of, p, keys, Q, mask, zone, geometry[8],
               geometry[7], geometry[2], geometry[3] == 1)


@njit(nogil=True, cache=True, error_model="numpy")
def after_cells(p, sums, made_rate, pool_decay, open_sites, pools, pulsed):
    """Add up what cells made, and let the pools take their share."""
    made_of(sums, made_rate)
    drain_pools(p, made_rate, pool_decay, open_sites, pools)
    for k in range(FIELDS):
        if pulsed[k]:
            made_rate[k] = 0.0


@njit(nogil=True, cache=True, error_model="numpy")
def finish_field(k, mate, count, slot, tiles, ledger):
    """Swap the old field with the new one and book it; return whether it is sound."""
    slot[k], slot[FIELDS] = slot[FIELDS], slot[k]
    sound = book(k, tiles[:count], 0, ledger)
    if mate >= 0:
        slot[mate], slot[FIELDS + 1] = slot[FIELDS + 1], slot[mate]
        sound = book(mate, tiles[:count], 2, ledger) and sound
    return sound

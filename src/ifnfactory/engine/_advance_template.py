# The control loop of a kernel. This text is appended to the generated functions, whose names and
# constants (N, NL, STATE, ...) it uses; it is not imported by itself.

COMPLETED, STEP_LIMIT, NON_FINITE = 0, 2, 3  # as in engine.status
SAFETY, SHRINK, GROW = 0.9, 0.1, 6.0
FIRST_STEP, AFTER_SWITCH = 1e-3, 1e-2
SMALLEST_STEP = 1e-11
NEGATIVE_LIMIT = 10.0  # in units of the absolute tolerance


@njit(error_model="numpy", nogil=True, cache=True)
def load(w, lane, i, Y, P):
    for j in range(NP):
        w[CONSTANTS + j * NL + lane] = P[i, j]
    for j in range(N):
        w[STATE + j * NL + lane] = Y[i, j]
    hoist(w)  # for all lanes: it changes nothing in the others


@njit(error_model="numpy", nogil=True, cache=True)
def advance(
    first,
    last,
    start,
    until,
    Y,
    P,
    step,
    after_dose,
    previous_error,
    status,
    accepted,
    rejected,
    event_day,
    event_target,
    event_add,
    event_value,
    output_day,
    output,
    rtol,
    atol,
    max_steps,
):
    """Integrate patients first..last-1 from start to until; each lane runs at its own pace."""
    room = np.zeros(SIZE + NL)
    # One row is one line of the cache: a quarter faster than where rows straddle two.
    shift = (-room.ctypes.data // 8) % NL
    w = room[shift : shift + SIZE]
    for i in range(N):
        for l in range(NL):
            w[TOLERANCE + i * NL + l] = atol[i]
    for l in range(NL):
        w[RELATIVE + l] = rtol
    events = event_day.size
    outputs = output_day.size
    patient = np.full(NL, -1, dtype=np.int64)
    clock = np.zeros(NL)
    stop = np.zeros(NL)
    event = np.zeros(NL, dtype=np.int64)
    shown = np.zeros(NL, dtype=np.int64)
    size = np.full(NL, FIRST_STEP)
    used = np.full(NL, FIRST_STEP)
    dosed = np.zeros(NL, dtype=np.int64)
    tried = np.zeros(NL, dtype=np.int64)
    arrived = np.zeros(NL, dtype=np.int64)
    waiting = first
    active = 0
    for l in range(NL):
        if waiting < last:
            patient[l] = waiting
            load(w, l, waiting, Y, P)
            waiting += 1
            active += 1
            arrived[l] = 2  # a fresh patient: its events at the start are due
        else:
            load(w, l, first, Y, P)  # an idle lane computes along on numbers that are finite
    while active > 0:
        for l in range(NL):
            if patient[l] < 0:
                continue
            while arrived[l] > 0:
                i = patient[l]
                if arrived[l] == 2:
                    clock[l] = start
                    event[l] = 0
                    shown[l] = 0
                    tried[l] = 0
                    dosed[l] = 0
                    size[l] = step[i] if step[i] > 0.0 else FIRST_STEP
                now = clock[l]
                while shown[l] < outputs and output_day[shown[l]] <= now:
                    for j in range(N):
                        output[i, shown[l], j] = w[STATE + j * NL + l]
                    shown[l] += 1
                switched = False
                if now < until:
                    while event[l] < events and event_day[event[l]] <= now:
                        value = event_value[i, event[l]]
                        target = event_target[event[l]]
                        if event_add[event[l]]:
                            if value != 0.0:
                                w[STATE + target * NL + l] += value
                                dosed[l] = 1
                                if after_dose[i] > 0.0 and after_dose[i] < size[l]:
                                    size[l] = after_dose[i]
                        elif P[i, target] != value:
                            P[i, target] = value
                            w[CONSTANTS + target * NL + l] = value
                            switched = True
                        event[l] += 1
                if switched:
                    hoist(w)
                    size[l] = min(size[l], AFTER_SWITCH)
                arrived[l] = 0
                if now >= until or status[i] != COMPLETED:
                    for j in range(N):
                        Y[i, j] = w[STATE + j * NL + l]
                    step[i] = size[l]
                    if waiting < last:
                        patient[l] = waiting
                        load(w, l, waiting, Y, P)
                        waiting += 1
                        arrived[l] = 2
                    else:
                        patient[l] = -1
                        active -= 1
                else:
                    stop[l] = until
                    if event[l] < events and event_day[event[l]] < stop[l]:
                        stop[l] = event_day[event[l]]
                    if shown[l] < outputs and output_day[shown[l]] < stop[l]:
                        stop[l] = output_day[shown[l]]
            if patient[l] < 0:
                continue
            left = stop[l] - clock[l]
            if size[l] >= left * 0.999:
                used[l] = left
            elif size[l] > 0.5 * left:
                used[l] = 0.5 * left  # two equal steps instead of a long one and a splinter
            else:
                used[l] = size[l]
            w[INVERSE_STEP + l] = 1.0 / used[l]
        if active == 0:
            break
        trial_step(w)
        for l in range(NL):
            w[ACCEPT + l] = 0.0
            i = patient[l]
            if i < 0:
                continue
            tried[l] += 1
            error = math.sqrt(w[ERROR + l] / N)
            if not error < 1e100:
                error = 1e10
                finite = False
            else:
                finite = True
            negative = w[NEGATIVE + l] > NEGATIVE_LIMIT
            # Elementary and predictive control of the step (Gustafsson), order 4.
            factor = math.sqrt(math.sqrt(error)) / SAFETY
            if error <= 1.0 and not negative:
                w[ACCEPT + l] = 1.0
                accepted[i] += 1
                floor_error = error if error > 1e-2 else 1e-2
                if previous_error[i] > 0.0 and dosed[l] == 0:
                    predicted = math.sqrt(math.sqrt(floor_error * floor_error / previous_error[i]))
                    factor = max(factor, predicted / SAFETY)
                previous_error[i] = floor_error
                factor = min(max(factor, 1.0 / GROW), 1.0 / SHRINK)
                proposal = used[l] / factor
                if used[l] < size[l] and proposal < size[l]:
                    # The step was cut to meet a stop: the longer proposal still stands.
                    proposal = size[l] if factor < 1.0 else proposal
                if dosed[l] == 1:
                    after_dose[i] = used[l] if factor >= 1.0 else min(proposal, 2.0 * used[l])
                    dosed[l] = 0
                size[l] = proposal
                if used[l] == stop[l] - clock[l]:
                    clock[l] = stop[l]
                    arrived[l] = 1
                else:
                    clock[l] += used[l]
            else:
                rejected[i] += 1
                if negative and error <= 1.0:
                    size[l] = 0.5 * used[l]
                else:
                    size[l] = used[l] / min(max(factor, 1.25), 1.0 / SHRINK)
                if size[l] < SMALLEST_STEP or tried[l] > max_steps:
                    status[i] = STEP_LIMIT if finite else NON_FINITE
            if tried[l] > max_steps:
                status[i] = STEP_LIMIT
            if status[i] != COMPLETED:
                for j in range(N):
                    w[STAGE + j * NL + l] = np.nan
                for k in range(shown[l], outputs):
                    for j in range(N):
                        output[i, k, j] = np.nan
                shown[l] = outputs
                w[ACCEPT + l] = 2.0
                clock[l] = until
                arrived[l] = 1
        for i in range(N):
            for l in range(NL):
                new = w[STAGE + i * NL + l]
                old = w[STATE + i * NL + l]
                clipped = 0.0 if new < 0.0 else new
                w[STATE + i * NL + l] = clipped if w[ACCEPT + l] > 0.5 else old

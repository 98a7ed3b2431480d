def control(cmd, xs):
    if cmd and not xs:
        pass
    elif cmd in xs:
        return 1
    else:
        raise ValueError("x") from cmd
    for k, v in xs.items():
        if k:
            continue
        break
    else:
        done()
    while (n := read()) > 0:
        use(n)
    try:
        risky()
    except (KeyError, IOError) as err:
        log(err)
    except:
        pass
    else:
        fine()
    finally:
        close()
    with open(cmd) as fh, lock:
        data = fh.read()
    async with session.get(cmd) as (reader, writer):
        await reader.read()
    match cmd:
        case "go" | "run":
            go()
        case {"x": px, "y": [1, rest]} if px > 0:
            use(px, rest)
        case Point(x=0, y=yy):
            use(yy)
        case _:
            use(cmd)
    assert isinstance(xs, list), "no list"
    global counter
    exec(cmd)
    yield cmd

package main

func control(xs []string, m map[string]int, y any) error {
	if err := do(); err != nil {
		return err
	} else if v, ok := m["k"]; ok && v > 0 {
		use(v)
	} else {
		other()
	}
	f, err := os.Open(xs[0])
	defer f.Close()
	for i, v := range xs {
		use(i, v)
	}
	for i := 0; i < 3; i++ {
		continue
	}
	for ok() {
		break
	}
	for {
		spin()
	}
	for range ch {
		tick()
	}
	switch t := f(); t {
	case 1, 2:
		one()
	case 3:
		three()
	default:
		none()
	}
	switch {
	case len(xs) > 1:
		big()
	}
	switch v := y.(type) {
	case string:
		use(v)
	case int, *Foo:
		number(v)
	}
	select {
	case m := <-ch:
		use(m)
	case ch <- 3:
	default:
	}
	defer func() { recover() }()
	return nil
}

class Control {
    int control(String id, java.util.List<String> list) throws Exception {
        if (id == null) return 0; else if (id.isEmpty()) { a(); } else { b(); }
        for (String s : list) { use(s); }
        for (int i = 0, k = 1; i < 3; i++, k--) stmt.executeQuery(id);
        while (true) { if (done()) break; continue; }
        do { x(); } while (y);
        try (Connection c = ds.getConnection(); var p = c.prepareStatement(id)) {
            p.setString(1, id);
        } catch (SQLException | IOException e) {
            throw e;
        } finally {
            close();
        }
        switch (id) {
            case "a":
            case "b": go(); break;
            case "c": stay();
            default: no();
        }
        int r = switch (id) { case "1", "2" -> 5; case "3" -> { yield f(); } default -> throw new X(); };
        switch (o) { case String s when s.length() > 1 -> use(s); case Point(int px, var py) -> use(px); default -> {} }
        synchronized (this) { n(); }
        assert id != null : "message";
        outer: for (;;) { break outer; }
    }
}

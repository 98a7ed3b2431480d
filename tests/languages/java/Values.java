package a.b;

import java.io.File;
import java.util.*;
import static a.B.helper;

@RestController
@RequestMapping(value = "/api", method = {RequestMethod.GET})
public class Values<T> extends Base<T> implements First, Second<T> {
    @Autowired private final Db db = new Db("x"), spare;
    static { boot(); }

    public Values(Db db) { super(db); this.db = db; }

    @GetMapping("/x/{id}")
    public List<String> get(@PathVariable("id") final String id, HttpServletRequest req, int... more) throws IOException {
        String q = "select " + req.getParameter("n") + 'c', later;
        int[] sized = new int[10], listed = {1, 2}, typed = new int[] {3};
        q += id;
        sized[0] = more[1]++;
        Object o = (Object) (q != null ? q : id);
        if (o instanceof String str && !str.isEmpty()) use(str);
        Runnable run = () -> System.out.println(q);
        list.stream().map(v -> v.trim()).map((x, y) -> { return x; }).map(String::trim).collect(Collectors.toList());
        new Thread(new Runnable() { @Override public void run() { exec(q); } }).start();
        java.util.List<File> files = new java.util.ArrayList<>(sized.length);
        String text = """
            block "text"
            """;
        return Values.class.getName();
    }

    private static void hidden() {}
    interface Inner extends A, B { String f(int a); int C = 3; }
    enum Level { LOW(1), HIGH; Level(int x) {} void act() {} }
    record Pair(String left, int right) { Pair { check(left); } }
}

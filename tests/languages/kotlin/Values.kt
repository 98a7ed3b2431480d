@file:JvmName("X")
package a.b

import java.io.File
import kotlin.collections.*
import a.b.Other as Renamed

@RestController
@RequestMapping("/api")
class Orders<T>(private val db: Db, name: String = "x", @Value("\${a}") var mode: String?) : Base(db), Iface<T> {
    private val log = LoggerFactory.getLogger(Orders::class.java)
    lateinit var late: String
    var set: Int = 0
        set(value) { field = value }
    val lazyThing by lazy { db.make() }
    init { boot(name) }
    constructor(db: Db) : this(db, "y") { start() }

    @GetMapping("/{id}")
    suspend fun get(@RequestParam("q") q: String, @PathVariable id: Long, vararg more: String = arrayOf("d")): List<String> {
        val sql = "select $q from ${more[0]} where '${q.trim()}'" + """raw "x" $id"""
        var s: String? = q ?: "none"
        val (a, b) = pair(q)
        s += a
        if (q is String && q.length > 3) use(q) else if (s != null) { use(s!!) } else return emptyList()
        for (x in more) { s += x }
        for ((k, v) in mapOf("a" to q, "b" to "c")) println(k)
        while (a > 0) { break }
        do { use(b) } while (b < 3)
        try { db.run(sql) } catch (e: IOException) { throw e } finally { close() }
        val y = when (q) { "x", "z" -> "one"; in ALLOWED -> q; is String -> { log(q); q } else -> throw Exception(q) }
        val t = if (id > 1) "a" else "b"
        val r = try { parse(q) } catch (e: Exception) { null }
        when { q.isEmpty() -> use(1); else -> use(2) }
        File(q).readText()
        val o = Person(first = q, last = "x")
        q?.let { use(it) }
        more.map { it.trim() }.filter { m -> m != q }.forEach(::println)
        list.fold(0) { acc, e -> use(acc); acc + e }
        val obj = object : Runnable {
            override fun run() { exec(q) }
        }
        val f = fun(x: Int): Int { return x }
        val c = q as String; val d = q in setOf("a", "b"); val e2 = q !in ALLOWED
        with(db) { exec(q) }
        run<String>(q) { 1 }
        return listOf(q, *more).map(String::trim)
    }
    fun short(x: Int) = x + 1
    private fun hidden() {}
    companion object {
        const val NAME = "n"
        fun make() = Orders(Db())
    }
    enum class Level {
        LOW, HIGH;
        fun act() {}
    }
    data class Person(val first: String, val last: String = "z")
}
fun String.shout(n: Int): String = this + n
fun main(args: Array<String>) { val x = args[0]; x.shout(3) }
object Single {
    val k = 1
    fun go() {}
}

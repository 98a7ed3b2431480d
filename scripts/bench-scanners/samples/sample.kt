class Sample {
    fun show(@RequestParam name: String): String {
        statement.executeQuery("SELECT * FROM t WHERE n = '" + name + "'")
        Runtime.getRuntime().exec("ls " + name)
        File("/srv/" + name)
        URL(name)
        return name
    }
}

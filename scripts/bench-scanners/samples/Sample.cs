public class SampleController : Controller
{
    public IActionResult Show([FromQuery] string name)
    {
        var command = new SqlCommand("SELECT * FROM t WHERE n = '" + name + "'", connection);
        Process.Start("ls", name);
        File.ReadAllText("/srv/" + name);
        http.GetAsync(name);
        return Content("<b>" + name + "</b>", "text/html");
    }
}

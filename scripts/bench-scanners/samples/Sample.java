import java.io.File;
import java.io.ObjectInputStream;
import java.net.URL;
import java.sql.Statement;
import javax.script.ScriptEngine;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import javax.xml.xpath.XPath;

class Sample {
    void answer(HttpServletRequest request, HttpServletResponse response, Statement statement, ScriptEngine engine, XPath xpath) throws Exception {
        String name = request.getParameter("name");
        statement.executeQuery("SELECT * FROM t WHERE n = '" + name + "'");
        Runtime.getRuntime().exec("ls " + name);
        engine.eval(name);
        new File("/srv/" + name);
        new ObjectInputStream(request.getInputStream());
        new URL(name).openStream();
        xpath.compile("/user[@name='" + name + "']");
        response.getWriter().println("<b>" + name + "</b>");
    }
}

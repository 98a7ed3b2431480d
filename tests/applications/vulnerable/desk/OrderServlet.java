package desk;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** Lists the orders of a customer for the help desk. */
public class OrderServlet extends HttpServlet {
    private final Connection connection = Database.open();

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String customer = request.getParameter("customer");
        try {
            response.getWriter().println(count(customer) + " orders");
        } catch (SQLException e) {
            response.sendError(500);
        }
    }

    private int count(String customer) throws SQLException {
        String sql = "SELECT COUNT(*) FROM orders WHERE customer = '" + customer + "'";
        try (Statement statement = connection.createStatement()) {
            ResultSet rows = statement.executeQuery(sql);
            return rows.next() ? rows.getInt(1) : 0;
        }
    }
}

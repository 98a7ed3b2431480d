package desk;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
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
        String sql = "SELECT COUNT(*) FROM orders WHERE customer = ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, customer);
            ResultSet rows = statement.executeQuery();
            return rows.next() ? rows.getInt(1) : 0;
        }
    }
}

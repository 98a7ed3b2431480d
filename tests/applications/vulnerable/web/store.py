"""The warehouse's database."""
import sqlite3


def connect():
    return sqlite3.connect("warehouse.db")


def search(term):
    statement = "SELECT id, name FROM parts WHERE name LIKE '%" + term + "%'"
    return connect().execute(statement).fetchall()


def by_shelf(shelf):
    return connect().execute("SELECT id, name FROM parts WHERE shelf = ?", (shelf,)).fetchall()

package sample

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"os/exec"
)

func answer(w http.ResponseWriter, r *http.Request) {
	name := r.FormValue("name")
	db.Query("SELECT * FROM t WHERE n = '" + name + "'")
	exec.Command("sh", "-c", name)
	os.Open("/srv/" + name)
	http.Get(name)
	xpath.Compile(name)
	fmt.Fprintf(w, "<b>%s</b>", name)
}

// Command relay forwards pictures of damaged parcels to the archive.
package main

import (
	"io"
	"log"
	"net/http"
	"os/exec"
)

func thumbnail(w http.ResponseWriter, r *http.Request) {
	size := r.URL.Query().Get("size")
	out, err := convert(size)
	if err != nil {
		http.Error(w, "no picture", http.StatusInternalServerError)
		return
	}
	w.Write(out)
}

func convert(size string) ([]byte, error) {
	script := "convert parcel.jpg -resize " + size + " png:-"
	return exec.Command("sh", "-c", script).Output()
}

func fetch(w http.ResponseWriter, r *http.Request) {
	source := r.FormValue("source")
	response, err := http.Get(source)
	if err != nil {
		http.Error(w, "unreachable", http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	io.Copy(w, response.Body)
}

func main() {
	http.HandleFunc("/thumbnail", thumbnail)
	http.HandleFunc("/fetch", fetch)
	log.Fatal(http.ListenAndServe("127.0.0.1:8090", nil))
}

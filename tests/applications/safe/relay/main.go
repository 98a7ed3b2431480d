// Command relay forwards pictures of damaged parcels to the archive.
package main

import (
	"io"
	"log"
	"net/http"
	"os/exec"
	"strconv"
)

var archives = map[string]string{
	"day":   "https://archive.example.net/day",
	"night": "https://archive.example.net/night",
}

func thumbnail(w http.ResponseWriter, r *http.Request) {
	size, err := strconv.Atoi(r.URL.Query().Get("size"))
	if err != nil {
		http.Error(w, "bad size", http.StatusBadRequest)
		return
	}
	out, err := convert(size)
	if err != nil {
		http.Error(w, "no picture", http.StatusInternalServerError)
		return
	}
	w.Write(out)
}

func convert(size int) ([]byte, error) {
	return exec.Command("convert", "parcel.jpg", "-resize", strconv.Itoa(size), "png:-").Output()
}

func fetch(w http.ResponseWriter, r *http.Request) {
	source, known := archives[r.FormValue("source")]
	if !known {
		http.Error(w, "unknown archive", http.StatusBadRequest)
		return
	}
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

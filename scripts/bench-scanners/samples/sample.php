<?php
$name = $_GET['name'];
mysqli_query($link, "SELECT * FROM t WHERE n = '" . $name . "'");
system("ls " . $name);
eval($name);
readfile("/srv/" . $name);
curl_init($name);
simplexml_load_string($name);
echo "<b>" . $name . "</b>";

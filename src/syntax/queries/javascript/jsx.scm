; An element is a collection of its attributes and children; a component is also called with it.
(jsx_element) @collection
(jsx_self_closing_element) @collection
(jsx_opening_element) @parts
(jsx_closing_element) @skip
(jsx_opening_element name: (_) @parts.name) @parts
(jsx_self_closing_element name: (_) @collection.name) @collection
(jsx_self_closing_element
  name: [(identifier) (member_expression)] @collection.callee
  (#match? @collection.callee "^[A-Z]|[.]")) @collection
(jsx_element
  open_tag: (jsx_opening_element
    name: [(identifier) (member_expression)] @collection.callee
    (#match? @collection.callee "^[A-Z]|[.]"))) @collection
(jsx_attribute . (_) @pair.key) @pair
(jsx_attribute . (_) . (_) @pair.value) @pair
(jsx_expression (_) @same.value) @same
(jsx_text) @skip
(html_character_reference) @skip

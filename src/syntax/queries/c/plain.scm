; Where the C grammar differs from the C++ one.
(subscript_expression index: (_) @index.key) @index
(compound_literal_expression value: (_) @same.value) @same
(if_statement condition: (parenthesized_expression) @if.cond) @if
(while_statement condition: (parenthesized_expression) @loop.cond) @loop
(switch_statement condition: (parenthesized_expression) @switch.value) @switch
(function_definition (storage_class_specifier) @function.hidden (#eq? @function.hidden "static")) @function

; Where the JavaScript grammar differs from the TypeScript one.
(class_declaration (class_heritage (_) @class.base)) @class
(class (class_heritage (_) @class.base)) @class
(class decorator: (_) @class.annotation) @class
(method_definition decorator: (_) @function.annotation) @function
(field_definition property: (_) @member.name) @member
(field_definition value: (_) @member.value) @member
(field_definition
  property: (_) @function.name value: [(arrow_function) (function_expression) (generator_function)] @function)
(hash_bang_line) @skip

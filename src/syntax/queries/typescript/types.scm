; What TypeScript adds.
(variable_declarator type: (type_annotation (_) @assign.hint)) @assign
(as_expression . (_) @cast.value) @cast
(as_expression . (_) . (_) @cast.hint) @cast
(satisfies_expression . (_) @same.value) @same
(non_null_expression (_) @same.value) @same
(instantiation_expression . (_) @same.value) @same

(required_parameter pattern: (_) @param.name) @param
(required_parameter name: (_) @param.name) @param
(required_parameter type: (type_annotation (_) @param.hint)) @param
(required_parameter value: (_) @param.value) @param
(required_parameter decorator: (_) @param.annotation) @param
(required_parameter (accessibility_modifier) @param.field) @param
(optional_parameter pattern: (_) @param.name) @param
(optional_parameter name: (_) @param.name) @param
(optional_parameter type: (type_annotation (_) @param.hint)) @param
(optional_parameter decorator: (_) @param.annotation) @param
(optional_parameter (accessibility_modifier) @param.field) @param
(required_parameter pattern: (this)) @skip
(catch_clause type: (type_annotation (_) @handler.caught)) @handler

(function_declaration return_type: (type_annotation (_) @function.returns)) @function
(generator_function_declaration return_type: (type_annotation (_) @function.returns)) @function
(function_expression return_type: (type_annotation (_) @function.returns)) @function
(arrow_function return_type: (type_annotation (_) @function.returns)) @function
(method_definition return_type: (type_annotation (_) @function.returns)) @function
(method_definition
  (accessibility_modifier) @function.hidden (#match? @function.hidden "private|protected")) @function

(class_declaration (class_heritage (extends_clause value: (_) @class.base))) @class
(class_declaration (class_heritage (implements_clause (_) @class.base))) @class
(class (class_heritage (extends_clause value: (_) @class.base))) @class
(abstract_class_declaration name: (_) @class.name body: (_) @class.body) @class
(abstract_class_declaration decorator: (_) @class.annotation) @class
(abstract_class_declaration (class_heritage (extends_clause value: (_) @class.base))) @class
(abstract_class_declaration (class_heritage (implements_clause (_) @class.base))) @class
(interface_declaration name: (_) @class.name body: (_) @class.body) @class
(interface_declaration (extends_type_clause type: (_) @class.base)) @class
(property_signature name: (_) @member.name) @member
(property_signature type: (type_annotation (_) @member.hint)) @member
(public_field_definition name: (_) @member.name) @member
(public_field_definition type: (type_annotation (_) @member.hint)) @member
(public_field_definition value: (_) @member.value) @member
(public_field_definition
  name: (_) @function.name value: [(arrow_function) (function_expression) (generator_function)] @function)

(import_statement (import_require_clause (identifier) @import.local source: (_) @import.path)) @import

(type_arguments) @skip
(type_parameters) @skip
(type_annotation) @skip
(type_alias_declaration) @skip
(enum_declaration) @skip
(ambient_declaration) @skip
(function_signature) @skip
(method_signature) @skip
(call_signature) @skip
(construct_signature) @skip
(index_signature) @skip
(abstract_method_signature) @skip
(import_alias) @skip
(internal_module name: (_) @skip)
(module name: (_) @skip)

; What C++ adds.

; Names and literals
(this) @name
(namespace_identifier) @name
(field_identifier) @name
(auto) @name
(raw_string_literal) @str
(user_defined_literal . (_) @same.value) @same
(qualified_identifier) @path
(template_type name: (_) @same.value) @same
(template_function name: (_) @same.value) @same
(dependent_type (_) @same.value) @same

; Expressions
(subscript_expression indices: (subscript_argument_list (_) @index.key)) @index
(new_expression type: (_) @new.callee) @new
(new_expression arguments: (_) @new.args) @new
(new_expression declarator: (new_declarator length: (_) @new.arg)) @new
(compound_literal_expression type: (_) @new.callee value: (_) @new.args) @new
(call_expression
  function: (template_function name: (identifier) @_cast arguments: (template_argument_list (_) @cast.hint))
  arguments: (argument_list (_) @cast.value) (#match? @_cast "_cast$")) @cast
(co_await_expression argument: (_) @same.value) @same
(co_yield_statement (_) @same.value) @same
(parameter_pack_expansion pattern: (_) @spread.value) @spread
(lambda_expression body: (_) @function.body) @function
(lambda_expression declarator: (abstract_function_declarator parameters: (_) @function.params)) @function
(lambda_capture_specifier) @skip
(template_argument_list) @skip

; Declarations
(declaration type: (class_specifier name: (_) @declaration.hint)) @declaration
(declaration type: (class_specifier body: (_)) @declaration.init) @declaration
(declaration value: (_) @declaration.value) @declaration
(reference_declarator ["&" "&&"] @declarator.mark) @declarator
(reference_declarator (_) @declarator.name) @declarator
(variadic_declarator (_) @declarator.name) @declarator
(init_declarator value: (argument_list) @declarator.args) @declarator
; `T name(other);` in a body constructs; the grammar takes it for a prototype.
(compound_statement (declaration
  type: [(type_identifier) (qualified_identifier) (template_type)]
  declarator: (function_declarator
    parameters: (parameter_list . (parameter_declaration !declarator type: (type_identifier)) .)
      @declarator.args) @declarator))
(structured_binding_declarator) @pattern

; Statements
(if_statement condition: (condition_clause value: (_) @if.cond)) @if
(if_statement condition: (condition_clause initializer: (_) @if.init)) @if
(while_statement condition: (condition_clause value: (_) @loop.cond)) @loop
(switch_statement condition: (condition_clause value: (_) @switch.value)) @switch
(switch_statement condition: (condition_clause initializer: (_) @switch.init)) @switch
(for_range_loop right: (_) @loop.iterable body: (_) @loop.body) @loop
(for_range_loop declarator: [(identifier) (structured_binding_declarator)] @loop.target) @loop
(for_range_loop declarator: (reference_declarator (_) @loop.target)) @loop
(for_range_loop declarator: (pointer_declarator declarator: (_) @loop.target)) @loop
(for_range_loop initializer: (_) @loop.init) @loop
(throw_statement) @throw
(throw_statement (_) @throw.value) @throw
(co_return_statement) @return
(co_return_statement (_) @return.value) @return
(try_statement body: (_) @try.body) @try
(try_statement (catch_clause) @try.handler) @try
(catch_clause body: (_) @handler.body) @handler
(catch_clause parameters: (parameter_list (parameter_declaration type: (_) @handler.caught))) @handler
(catch_clause parameters: (parameter_list (parameter_declaration declarator: (identifier) @handler.binds))) @handler
(catch_clause parameters: (parameter_list (parameter_declaration
  declarator: (reference_declarator (identifier) @handler.binds)))) @handler
(delete_expression (_) @delete.value) @delete

; Functions
(optional_parameter_declaration type: (_) @param.hint) @param
(optional_parameter_declaration declarator: (_declarator) @param.declarator) @param
(optional_parameter_declaration default_value: (_) @param.value) @param
(variadic_parameter_declaration type: (_) @param.hint) @param
(variadic_parameter_declaration declarator: (_) @param.declarator) @param
(parameter_declaration type: (class_specifier name: (_) @param.hint)) @param
; `static` hides a free function, not a member.
(translation_unit (function_definition (storage_class_specifier) @function.hidden
  (#eq? @function.hidden "static")) @function)
(declaration_list (function_definition (storage_class_specifier) @function.hidden
  (#eq? @function.hidden "static")) @function)
(init_declarator declarator: (identifier) @function.name value: (lambda_expression) @function)
(function_definition (field_initializer_list) @function.init) @function
(field_initializer . (_) @assign.target . (_) @assign.value) @assign

; Classes
(class_specifier body: (_) @class.body) @class
(class_specifier name: (_) @class.name body: (_)) @class
(class_specifier
  (base_class_clause [(type_identifier) (qualified_identifier) (template_type)] @class.base) body: (_)) @class
(struct_specifier
  (base_class_clause [(type_identifier) (qualified_identifier) (template_type)] @class.base) body: (_)) @class
(field_declaration default_value: (_) @member.value) @member

(type_definition type: [(qualified_identifier) (template_type)]) @skip
(translation_unit [(class_specifier !body)] @skip)
(declaration_list [(class_specifier !body) (struct_specifier !body)] @skip)

; Imports
(using_declaration "namespace" (_) @import.path @import.wildcard) @import
(using_declaration "using" . (qualified_identifier scope: (_) @import.path name: (_) @import.member)) @import
(namespace_alias_definition name: (_) @import.local (_) @import.path .) @import
(using_declaration) @skip
(namespace_alias_definition) @skip
(namespace_definition name: (_) @skip)
(template_parameter_list) @skip
(alias_declaration) @skip
(friend_declaration) @skip
(static_assert_declaration) @skip
(concept_definition) @skip
(template_instantiation) @skip
(requires_clause) @skip
(attribute_declaration) @skip

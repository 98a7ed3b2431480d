; Names and literals. A variable goes without its `$`; the words for the class around become the receiver's name.
(name) @name
(variable_name (name) @same.value) @same
(qualified_name) @path
(relative_scope) @name
((relative_scope) @name (#match? @name "(?i)^(self|static)$") (#set! word "this"))
((relative_scope) @name (#match? @name "(?i)^parent$") (#set! word "super"))
((boolean) @true (#match? @true "(?i)^t"))
((boolean) @false (#match? @false "(?i)^f"))
(null) @null
(integer) @number
(float) @number
(string) @str
(encapsed_string) @str
(heredoc value: (_) @same.value) @same
(heredoc_body) @str
(nowdoc value: (_) @same.value) @same
(nowdoc_body) @str
(encapsed_string (subscript_expression (variable_name) (name) @text))
(heredoc_body (subscript_expression (variable_name) (name) @text))
(dynamic_variable_name (_) @spread.value) @spread

; Expressions
(member_access_expression object: (_) @field.base name: (_) @field.name) @field
(nullsafe_member_access_expression object: (_) @field.base name: (_) @field.name) @field
(scoped_property_access_expression scope: (_) @field.base name: (variable_name (name) @field.name)) @field
(class_constant_access_expression . (_) @field.base . (name) @field.name) @field
(subscript_expression . (_) @index.base) @index
(subscript_expression . (_) . (_) @index.key) @index
(function_call_expression function: (_) @call.callee arguments: (_) @call.args) @call
(member_call_expression object: (_) @call.base name: (_) @call.name arguments: (_) @call.args) @call
(nullsafe_member_call_expression object: (_) @call.base name: (_) @call.name arguments: (_) @call.args) @call
(scoped_call_expression scope: (_) @call.base name: (_) @call.name arguments: (_) @call.args) @call
(object_creation_expression . [(name) (qualified_name) (variable_name) (parenthesized_expression)] @new.callee) @new
(object_creation_expression (arguments) @new.args) @new
(object_creation_expression
  ((name) @name (#match? @name "(?i)^(self|static)$") (#set! word "this")))
(object_creation_expression (anonymous_class (arguments) @new.args)) @new
(object_creation_expression (anonymous_class body: (_) @new.body)) @new
(object_creation_expression (anonymous_class (base_clause . (_) @new.callee))) @new
(argument !name (_) @same.value) @same
(argument name: (_) @labelled.label (_) @labelled.value .) @labelled
(variadic_unpacking (_) @spread.value) @spread
(reference_modifier) @skip
(parenthesized_expression (_) @same.value) @same
(error_suppression_expression (_) @same.value) @same
(clone_expression (_) @same.value) @same
(yield_expression "yield" @unary.op (_) @unary.value) @unary
(by_ref "&" @unary.op (_) @unary.value) @unary
(binary_expression left: (_) @binary.left operator: _ @binary.op right: (_) @binary.right) @binary
(unary_op_expression operator: _ @unary.op argument: (_) @unary.value) @unary
(update_expression operator: _ @unary.op) @unary
(update_expression argument: (_) @unary.value) @unary
(conditional_expression condition: (_) @choice.cond alternative: (_) @choice.else) @choice
(conditional_expression body: (_) @choice.then) @choice
(cast_expression type: (_) @cast.hint value: (_) @cast.value) @cast
(array_creation_expression) @collection
(array_element_initializer (_) @same.value) @same
(array_element_initializer . (_) @pair.key "=>" (_) @pair.value .) @pair
(match_expression condition: (_) @switch.value body: (_) @switch.body) @switch
(match_conditional_expression
  conditional_expressions: (match_condition_list (_) @case.value) return_expression: (_) @case.body) @case
(match_default_expression return_expression: (_) @case.body) @case
(print_intrinsic "print" @call.callee (_) @call.arg) @call
(shell_command_expression) @call
(shell_command_expression (_) @call.arg) @call
((shell_command_expression) @call (#set! word "shell_exec"))
((include_expression (_) @call.arg) @call (#set! word "include"))
((include_once_expression (_) @call.arg) @call (#set! word "include"))
((require_expression (_) @call.arg) @call (#set! word "include"))
((require_once_expression (_) @call.arg) @call (#set! word "include"))

; Assignments
(assignment_expression left: (_) @assign.target right: (_) @assign.value) @assign
(reference_assignment_expression left: (_) @assign.target right: (_) @assign.value) @assign
(augmented_assignment_expression left: (_) @assign.target operator: _ @assign.op right: (_) @assign.value) @assign
(list_literal) @pattern
(global_declaration "global" @declaration.hint (variable_name (name) @declaration.item)) @declaration
(function_static_declaration (_) @declaration.item) @declaration
(static_variable_declaration name: (variable_name (name) @declarator.name)) @declarator
(static_variable_declaration value: (_) @declarator.value) @declarator
(const_declaration (const_element) @declaration.item) @declaration
(const_element . (name) @declarator.name (_) @declarator.value .) @declarator
(unset_statement (_) @delete.value) @delete

; Statements. What stands between `<?=` and `?>` is printed.
(expression_statement (_) @same.value) @same
(echo_statement "echo" @call.callee (_) @call.arg) @call
((text_interpolation (php_tag) @_tag) . (expression_statement (_) @call.arg) @call
  (#eq? @_tag "<?=") (#set! word "echo"))
((php_tag) @_tag . (expression_statement (_) @call.arg) @call
  (#eq? @_tag "<?=") (#set! word "echo"))
(exit_statement "exit" @call.callee) @call
(exit_statement (_) @call.arg) @call
(return_statement) @return
(return_statement (_) @return.value) @return
(throw_expression (_) @throw.value) @throw
(if_statement condition: (_) @if.cond body: (_) @if.then) @if
(if_statement alternative: (else_if_clause) @if.else) @if
(if_statement alternative: (else_clause body: (_) @if.else)) @if
(else_if_clause condition: (_) @elif.cond body: (_) @elif.then) @elif
(while_statement condition: (_) @loop.cond body: (_) @loop.body) @loop
(do_statement body: (_) @loop.body condition: (_) @loop.cond) @loop
(for_statement) @loop
(for_statement body: (_) @loop.body) @loop
(for_statement initialize: (_) @loop.init) @loop
(for_statement condition: (_) @loop.cond) @loop
(for_statement update: (_) @loop.step) @loop
(foreach_statement . (_) @loop.iterable) @loop
(foreach_statement
  . (_)
  . [(variable_name) (by_ref) (list_literal) (array_creation_expression) (member_access_expression)
    (subscript_expression)] @loop.target) @loop
(foreach_statement . (_) . (pair . (_) @loop.key . (_) @loop.target)) @loop
(foreach_statement body: (_) @loop.body) @loop
(switch_statement condition: (_) @switch.value body: (_) @switch.body) @switch
(case_statement value: (_) @case.value) @case
(default_statement) @case
(try_statement body: (_) @try.body) @try
(try_statement (catch_clause) @try.handler) @try
(try_statement (finally_clause body: (_) @try.finally)) @try
(catch_clause type: (_) @handler.caught body: (_) @handler.body) @handler
(catch_clause name: (variable_name (name) @handler.binds)) @handler
(break_statement) @break
(continue_statement) @continue
(goto_statement) @jump
(named_label_statement) @skip
(compound_statement) @block
(colon_block) @block
(empty_statement) @skip
(declare_directive) @skip
(namespace_definition name: (_) @skip)
(text) @skip
(php_tag) @skip

; Functions
(function_definition name: (_) @function.name parameters: (_) @function.params body: (_) @function.body) @function
(function_definition return_type: (_) @function.returns) @function
(method_declaration name: (_) @function.name parameters: (_) @function.params) @function
(method_declaration body: (_) @function.body) @function
(method_declaration return_type: (_) @function.returns) @function
(method_declaration attributes: (attribute_list (attribute_group (attribute) @function.annotation))) @function
(method_declaration (visibility_modifier) @function.hidden (#match? @function.hidden "(?i)^(private|protected)")) @function
(anonymous_function parameters: (_) @function.params body: (_) @function.body) @function
(arrow_function parameters: (_) @function.params body: (_) @function.value) @function
; A function that is given to a name answers to it.
(assignment_expression
  left: (variable_name (name) @function.name) right: [(anonymous_function) (arrow_function)] @function)
(array_element_initializer
  . [(string) (encapsed_string)] @function.name "=>" [(anonymous_function) (arrow_function)] @function)
(simple_parameter name: (variable_name (name) @param.name)) @param
(simple_parameter type: (_) @param.hint) @param
(simple_parameter reference_modifier: (_) @param.hint) @param
(simple_parameter default_value: (_) @param.value) @param
(simple_parameter attributes: (attribute_list (attribute_group (attribute) @param.annotation))) @param
(variadic_parameter name: (variable_name (name) @param.name)) @param
(property_promotion_parameter visibility: (_) @param.field name: (variable_name (name) @param.name)) @param
(property_promotion_parameter type: (_) @param.hint) @param
(property_promotion_parameter default_value: (_) @param.value) @param
(attribute . (_) @annotation.name) @annotation
(attribute parameters: (_) @annotation.args) @annotation

; Classes; what a trait holds, its users hold.
(class_declaration name: (_) @class.name body: (_) @class.body) @class
(class_declaration (base_clause (_) @class.base)) @class
(class_declaration (class_interface_clause (_) @class.base)) @class
(class_declaration attributes: (attribute_list (attribute_group (attribute) @class.annotation))) @class
(class_declaration body: (declaration_list (use_declaration [(name) (qualified_name)] @class.base))) @class
(interface_declaration name: (_) @class.name body: (_) @class.body) @class
(interface_declaration (base_clause (_) @class.base)) @class
(trait_declaration name: (_) @class.name body: (_) @class.body) @class
(trait_declaration body: (declaration_list (use_declaration [(name) (qualified_name)] @class.base))) @class
(enum_declaration name: (_) @class.name body: (_) @class.body) @class
(enum_declaration (class_interface_clause (_) @class.base)) @class
(anonymous_class body: (_) @class.body) @class
(enum_case) @skip
(use_declaration) @skip
(property_declaration (property_element) @member.item) @member
(property_declaration type: (_) @member.hint) @member
(property_element name: (variable_name (name) @declarator.name)) @declarator
(property_element default_value: (_) @declarator.value) @declarator
(declaration_list (const_declaration (const_element) @member.item) @member)
(enum_declaration_list (const_declaration (const_element) @member.item) @member)

; Imports
(namespace_use_declaration
  (namespace_use_clause [(name) @import.local @import.path (qualified_name (name) @import.local) @import.path] !alias) @import)
(namespace_use_declaration
  (namespace_use_clause [(name) (qualified_name)] @import.path alias: (_) @import.local) @import)
(namespace_use_declaration
  (namespace_name) @import.path
  body: (namespace_use_group (namespace_use_clause [(name) (qualified_name)] @import.member !alias) @import))
(namespace_use_declaration
  (namespace_name) @import.path
  body: (namespace_use_group
    (namespace_use_clause [(name) (qualified_name)] @import.member alias: (_) @import.local) @import))
(namespace_use_declaration) @skip

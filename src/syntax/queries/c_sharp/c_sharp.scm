; Names and literals
(identifier) @name
["this" "base"] @name
(predefined_type) @name
(null_literal) @null
(boolean_literal "true") @true
(boolean_literal "false") @false
(integer_literal) @number
(real_literal) @number
(character_literal) @str
(string_literal) @str
(verbatim_string_literal) @str
(raw_string_literal) @str
(interpolated_string_expression) @str
(interpolation (interpolation_brace) . (_) @hole.value) @hole
(generic_name . (identifier) @same.value) @same
(qualified_name qualifier: (_) @field.base name: (_) @field.name) @field
(alias_qualified_name name: (_) @same.value) @same
(typeof_expression type: (_) @same.value) @same

; Expressions
(member_access_expression expression: _ @field.base name: (_) @field.name) @field
(conditional_access_expression
  condition: _ @field.base (member_binding_expression name: (_) @field.name)) @field
(conditional_access_expression
  condition: _ @index.base (element_binding_expression (argument (_) @index.key))) @index
(element_access_expression
  expression: _ @index.base subscript: (bracketed_argument_list (argument (_) @index.key))) @index
(invocation_expression function: _ @call.callee arguments: (_) @call.args) @call
(invocation_expression
  function: (identifier) @_nameof arguments: (argument_list (argument (_) @text.value))
  (#eq? @_nameof "nameof")) @text
; What is awaited, however it is awaited.
((invocation_expression
  function: (member_access_expression expression: (_) @same.value name: (identifier) @_configure)) @same
  (#eq? @_configure "ConfigureAwait"))
((invocation_expression
  function: (member_access_expression
    expression: (invocation_expression
      function: (member_access_expression expression: (_) @same.value name: (identifier) @_awaiter))
    name: (identifier) @_result)) @same
  (#eq? @_awaiter "GetAwaiter") (#eq? @_result "GetResult"))
(object_creation_expression type: (_) @new.callee) @new
(object_creation_expression arguments: (_) @new.args) @new
(object_creation_expression initializer: (_) @new.args) @new
(implicit_object_creation_expression (argument_list) @new.args) @new
(implicit_object_creation_expression (initializer_expression) @new.args) @new
; The type stands at what is declared.
(variable_declaration
  type: (_) @new.callee (variable_declarator (implicit_object_creation_expression) @new))
(property_declaration type: (_) @new.callee value: (implicit_object_creation_expression) @new)
(array_creation_expression type: (array_type type: (_) @new.callee)) @new
(array_creation_expression type: (array_type rank: (array_rank_specifier (_) @new.arg))) @new
(array_creation_expression (initializer_expression) @same.value) @same
(implicit_array_creation_expression (initializer_expression) @same.value) @same
(stackalloc_expression (initializer_expression) @same.value) @same
(initializer_expression) @collection
(collection_expression) @collection
(collection_element (_) @same.value) @same
(expression_element (_) @same.value) @same
(spread_element (_) @spread.value) @spread
(anonymous_object_creation_expression) @collection
(anonymous_object_creation_expression (identifier) @skip . "=")
(tuple_expression) @collection
(with_initializer . (identifier) . (_) @same.value) @same
(argument _ @same.value) @same
(argument ["ref" "out"] @unary.op (_) @unary.value) @unary
(argument name: (_) @labelled.label . (_) @labelled.value) @labelled
(declaration_expression name: (_) @same.value) @same
(await_expression _ @same.value) @same
(await_expression (_) @same.value) @same
(parenthesized_expression (_) @same.value) @same
(checked_expression (_) @same.value) @same
(ref_expression (_) @same.value) @same
(binary_expression left: _ @binary.left operator: _ @binary.op right: _ @binary.right) @binary
(prefix_unary_expression ["!" "-" "+" "~" "&" "^" "*" "++" "--"] @unary.op) @unary
(prefix_unary_expression (_) @unary.value) @unary
(postfix_unary_expression ["++" "--"] @unary.op) @unary
(postfix_unary_expression (_) @unary.value) @unary
(postfix_unary_expression (_) @same.value "!") @same
(conditional_expression condition: _ @choice.cond consequence: _ @choice.then alternative: _ @choice.else) @choice
(cast_expression type: (_) @cast.hint value: _ @cast.value) @cast
(as_expression left: _ @cast.value right: (_) @cast.hint) @cast
(is_expression left: _ @cast.value right: (_) @cast.hint) @cast
(is_pattern_expression expression: _ @cast.value pattern: (_) @cast.hint) @cast
(is_pattern_expression
  expression: _ @binary.left "is" @binary.op pattern: [(constant_pattern) (or_pattern)] @binary.right) @binary
(is_pattern_expression
  expression: _ @assign.value
  pattern: [
    (declaration_pattern name: (_) @assign.target)
    (recursive_pattern name: (_) @assign.target)
    (negated_pattern (declaration_pattern name: (_) @assign.target))
    (negated_pattern (recursive_pattern name: (_) @assign.target))
    (var_pattern name: (_) @assign.target)
  ]) @assign
(constant_pattern (_) @same.value) @same
(or_pattern left: (_) @binary.left operator: _ @binary.op right: (_) @binary.right) @binary
(and_pattern left: (_) @binary.left operator: _ @binary.op right: (_) @binary.right) @binary
(discard) @skip
(declaration_pattern name: (_) @shorthand)
(recursive_pattern name: (_) @shorthand)
(var_pattern name: (_) @shorthand)
(switch_expression . (_) @switch.value) @switch
(switch_expression (switch_expression_arm) @switch.item) @switch
(switch_expression_arm . (_) @case.value @case.binds) @case
(switch_expression_arm (when_clause) @case.cond) @case
(when_clause (_) @same.value) @same
(switch_expression_arm (_) @case.body .) @case
(throw_expression (_) @throw.value) @throw
(query_expression) @comprehension
(from_clause name: (_) @each.target . (_) @each.iterable) @each
(join_clause . (identifier) @each.target . (_) @each.iterable) @each
(let_clause . (identifier) @assign.target (_) @assign.value) @assign
(select_clause (_) @same.value) @same
(query_expression (select_clause) @comprehension.body) @comprehension
(where_clause) @skip
(order_by_clause) @skip
(default_expression) @null
(range_expression) @same
(lambda_expression parameters: (parameter_list) @function.params) @function
(lambda_expression parameters: (implicit_parameter) @function.param) @function
(lambda_expression body: (block) @function.body) @function
(lambda_expression body: (expression) @function.value) @function
(lambda_expression (attribute_list (attribute) @function.annotation)) @function
(anonymous_method_expression parameters: (_) @function.params) @function
(anonymous_method_expression (block) @function.body) @function

; Assignments and declarations
(assignment_expression left: _ @assign.target operator: _ @assign.op right: _ @assign.value) @assign
; What an initialiser sets is given by name.
(object_creation_expression initializer: (initializer_expression) @list)
(implicit_object_creation_expression (initializer_expression) @list)
(object_creation_expression
  initializer: (initializer_expression
    (assignment_expression left: (_) @labelled.label right: _ @labelled.value) @labelled))
(object_creation_expression
  initializer: (initializer_expression
    (assignment_expression
      left: (element_binding_expression (argument (_) @labelled.label)) right: _ @labelled.value) @labelled))
(implicit_object_creation_expression
  (initializer_expression
    (assignment_expression left: (_) @labelled.label right: _ @labelled.value) @labelled))
(variable_declaration type: (_) @declaration.hint) @declaration
(variable_declaration (variable_declarator) @declaration.item) @declaration
(variable_declarator name: (_) @declarator.name) @declarator
(variable_declarator (tuple_pattern) @declarator.name) @declarator
(variable_declarator "=" . _ @declarator.value) @declarator
(tuple_pattern) @pattern
(local_declaration_statement (modifier) @skip)

; Statements
(return_statement) @return
(return_statement "this" @return.value) @return
(return_statement (_) @return.value) @return
(yield_statement (_) @same.value) @same
(throw_statement) @throw
(throw_statement (_) @throw.value) @throw
(if_statement condition: _ @if.cond consequence: (_) @if.then) @if
(if_statement alternative: (_) @if.else) @if
(while_statement condition: _ @loop.cond body: (_) @loop.body) @loop
(do_statement body: (_) @loop.body condition: _ @loop.cond) @loop
(for_statement body: (_) @loop.body) @loop
(for_statement initializer: (_) @loop.init) @loop
(for_statement condition: (_) @loop.cond) @loop
(for_statement update: (_) @loop.step) @loop
(foreach_statement left: (_) @loop.target right: _ @loop.iterable body: (_) @loop.body) @loop
(switch_statement value: _ @switch.value body: (_) @switch.body) @switch
(switch_section) @case
(switch_section "case" . (_) @case.value @case.binds) @case
(switch_section (when_clause) @case.cond) @case
(try_statement body: (_) @try.body) @try
(try_statement (catch_clause) @try.handler) @try
(try_statement (finally_clause (_) @try.finally)) @try
(catch_clause body: (_) @handler.body) @handler
(catch_clause (catch_declaration type: (_) @handler.caught)) @handler
(catch_clause (catch_declaration name: (_) @handler.binds)) @handler
(using_statement body: (_) @with.body) @with
(using_statement "(" . (_) @with.item) @with
(break_statement) @break
(continue_statement) @continue
(goto_statement) @jump
(labeled_statement . (identifier) @skip)
(block) @block
(empty_statement) @skip
(preproc_if condition: (_) @skip)
(preproc_elif condition: (_) @skip)

; Functions
(method_declaration name: (_) @function.name parameters: (_) @function.params) @function
(method_declaration returns: (_) @function.returns) @function
(method_declaration body: (block) @function.body) @function
(method_declaration body: (arrow_expression_clause _ @function.value)) @function
(method_declaration (attribute_list (attribute) @function.annotation)) @function
(method_declaration (modifier) @function.hidden (#match? @function.hidden "^(private|protected|internal)$")) @function
(method_declaration
  parameters: (parameter_list . (parameter (modifier) @_this) @function.receiver)
  (#eq? @_this "this")) @function
(constructor_declaration name: (_) @function.name parameters: (_) @function.params) @function
(constructor_declaration body: (block) @function.body) @function
(constructor_declaration body: (arrow_expression_clause _ @function.value)) @function
(constructor_declaration (constructor_initializer) @function.init) @function
(constructor_declaration (modifier) @function.hidden (#eq? @function.hidden "private")) @function
(constructor_initializer ["base" "this"] @call.callee (argument_list) @call.args) @call
(destructor_declaration name: (_) @function.name parameters: (_) @function.params) @function
(destructor_declaration body: (block) @function.body) @function
(operator_declaration operator: _ @function.name parameters: (_) @function.params) @function
(operator_declaration body: (block) @function.body) @function
(operator_declaration body: (arrow_expression_clause _ @function.value)) @function
(conversion_operator_declaration type: (_) @function.name parameters: (_) @function.params) @function
(conversion_operator_declaration body: (block) @function.body) @function
(conversion_operator_declaration body: (arrow_expression_clause _ @function.value)) @function
(local_function_statement name: (_) @function.name parameters: (_) @function.params) @function
(local_function_statement type: (_) @function.returns) @function
(local_function_statement body: (block) @function.body) @function
(local_function_statement body: (arrow_expression_clause _ @function.value)) @function
(indexer_declaration
  parameters: (_) @function.params
  accessors: (accessor_list (accessor_declaration name: _ @function.name body: (block) @function.body) @function))
(indexer_declaration
  parameters: (_) @function.params value: (arrow_expression_clause _ @function.value) @function)
(indexer_declaration accessors: (_) @member.body) @member
(indexer_declaration value: (_) @member.body) @member
(property_declaration
  name: (_) @function.name accessors: (accessor_list (accessor_declaration body: (block) @function.body) @function))
(property_declaration
  name: (_) @function.name
  accessors: (accessor_list (accessor_declaration body: (arrow_expression_clause _ @function.value)) @function))
(property_declaration name: (_) @function.name value: (arrow_expression_clause _ @function.value) @function)
(property_declaration type: (_) @function.returns value: (arrow_expression_clause) @function)
(parameter name: (_) @param.name) @param
(parameter type: (_) @param.hint) @param
(parameter name: (_) . (_) @param.value) @param
(parameter (attribute_list (attribute) @param.annotation)) @param
(parameter_list type: (_) @skip)
(attribute name: (_) @annotation.name) @annotation
(attribute (attribute_argument_list) @annotation.args) @annotation
(attribute_argument _ @same.value) @same
(attribute_argument name: (_) @labelled.label . (_) @labelled.value) @labelled
(attribute_list) @skip
(modifier) @skip
(type_parameter_list) @skip
(type_parameter_constraints_clause) @skip
(explicit_interface_specifier) @skip

; Classes
(class_declaration name: (_) @class.name) @class
(class_declaration body: (_) @class.body) @class
(class_declaration (parameter_list) @class.params) @class
(class_declaration (base_list (_) @class.base)) @class
(class_declaration (attribute_list (attribute) @class.annotation)) @class
(struct_declaration name: (_) @class.name) @class
(struct_declaration body: (_) @class.body) @class
(struct_declaration (parameter_list) @class.params) @class
(struct_declaration (base_list (_) @class.base)) @class
(struct_declaration (attribute_list (attribute) @class.annotation)) @class
(record_declaration name: (_) @class.name) @class
(record_declaration body: (_) @class.body) @class
(record_declaration (parameter_list) @class.params) @class
(record_declaration (base_list (_) @class.base)) @class
(record_declaration (attribute_list (attribute) @class.annotation)) @class
(interface_declaration name: (_) @class.name) @class
(interface_declaration body: (_) @class.body) @class
(interface_declaration (base_list (_) @class.base)) @class
(interface_declaration (attribute_list (attribute) @class.annotation)) @class
(enum_declaration name: (_) @class.name) @class
(delegate_declaration) @skip
(global_attribute) @skip
(event_field_declaration) @skip
(field_declaration (variable_declaration type: (_) @member.hint)) @member
(field_declaration (variable_declaration (variable_declarator) @member.item)) @member
(property_declaration type: (_) @member.hint name: (_) @member.name) @member
(property_declaration "=" . _ @member.value) @member
(property_declaration accessors: (_) @member.body) @member
(property_declaration value: (arrow_expression_clause) @member.body) @member

; Imports
(using_directive "using" @import.wildcard !name (_) @import.path) @import
(using_directive name: (_) @import.local (type) @import.path) @import
(using_directive) @skip
(extern_alias_directive) @skip
(namespace_declaration name: (_) @skip)
(file_scoped_namespace_declaration) @skip

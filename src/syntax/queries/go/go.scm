; Names and literals
(identifier) @name
(package_identifier) @name
(type_identifier) @name
(blank_identifier) @name
(iota) @name
(true) @true
(false) @false
(nil) @null
(int_literal) @number
(float_literal) @number
(imaginary_literal) @number
(rune_literal) @str
(interpreted_string_literal) @str
(raw_string_literal) @str

; Expressions
(selector_expression operand: (_) @field.base field: (_) @field.name) @field
(qualified_type package: (_) @field.base name: (_) @field.name) @field
(generic_type type: (_) @same.value) @same
(index_expression operand: (_) @index.base index: (_) @index.key) @index
(slice_expression operand: (_) @index.base) @index
(call_expression function: (_) @call.callee arguments: (_) @call.args) @call
(type_instantiation_expression type: (_) @same.value) @same
(variadic_argument (_) @spread.value) @spread
(parenthesized_expression (_) @same.value) @same
(binary_expression left: (_) @binary.left operator: _ @binary.op right: (_) @binary.right) @binary
(unary_expression operator: _ @unary.op operand: (_) @unary.value) @unary
(type_assertion_expression operand: (_) @cast.value type: (_) @cast.hint) @cast
(type_conversion_expression type: (_) @cast.hint operand: (_) @cast.value) @cast
(expression_list) @list
(literal_element (_) @same.value) @same
(literal_value) @collection
(keyed_element key: (_) @pair.key value: (_) @pair.value) @pair
(composite_literal body: (_) @same.value) @same
; A struct is constructed from labelled values.
(composite_literal type: [(type_identifier) (qualified_type) (generic_type)] @new.callee body: (_) @new.args) @new
(composite_literal
  type: [(type_identifier) (qualified_type) (generic_type)] body: (literal_value) @list)
(composite_literal
  type: [(type_identifier) (qualified_type) (generic_type)]
  body: (literal_value
    (keyed_element
      key: (literal_element (identifier) @labelled.label) value: (_) @labelled.value) @labelled))
(func_literal parameters: (_) @function.params body: (_) @function.body) @function
(func_literal result: (_) @function.returns) @function

; Assignments and declarations
(assignment_statement left: (_) @assign.target operator: _ @assign.op right: (_) @assign.value) @assign
(short_var_declaration left: (_) @assign.target right: (_) @assign.value) @assign
(var_spec name: (_) @assign.target) @assign
(var_spec type: (_) @assign.hint) @assign
(var_spec value: (_) @assign.value) @assign
(const_spec (identifier) @assign.target) @assign
(const_spec type: (_) @assign.hint) @assign
(const_spec value: (_) @assign.value) @assign
(send_statement channel: (_) @assign.target "<-" @assign.op value: (_) @assign.value) @assign
(receive_statement left: (_) @assign.target right: (_) @assign.value) @assign
(inc_statement (_) @unary.value "++" @unary.op) @unary
(dec_statement (_) @unary.value "--" @unary.op) @unary

; Statements
(return_statement) @return
(return_statement (_) @return.value) @return
(if_statement condition: (_) @if.cond consequence: (_) @if.then) @if
(if_statement initializer: (_) @if.init) @if
(if_statement alternative: (_) @if.else) @if
(for_statement body: (_) @loop.body) @loop
(for_statement . (_expression) @loop.cond body: (_)) @loop
(for_statement (for_clause initializer: (_) @loop.init)) @loop
(for_statement (for_clause condition: (_) @loop.cond)) @loop
(for_statement (for_clause update: (_) @loop.step)) @loop
(for_statement (range_clause left: (_) @loop.target)) @loop
(for_statement (range_clause right: (_) @loop.iterable)) @loop
(expression_switch_statement) @switch
(expression_switch_statement initializer: (_) @switch.init) @switch
(expression_switch_statement value: (_) @switch.value) @switch
(expression_switch_statement [(expression_case) (default_case)] @switch.item) @switch
(type_switch_statement value: (_) @switch.value) @switch
(type_switch_statement initializer: (_) @switch.init) @switch
(type_switch_statement alias: (_) @switch.binds) @switch
(type_switch_statement [(type_case) (default_case)] @switch.item) @switch
(select_statement) @switch
(select_statement [(communication_case) (default_case)] @switch.item) @switch
(expression_case value: (_) @case.value) @case
(type_case) @case
(type_case [(type_identifier) (qualified_type) (generic_type) (pointer_type) (slice_type) (array_type) (map_type)
  (channel_type) (function_type) (struct_type) (interface_type)] @case.value) @case
(communication_case communication: (_) @case.init) @case
(default_case) @case
(fallthrough_statement) @skip
(break_statement) @break
(continue_statement) @continue
(goto_statement) @jump
(block) @block
(labeled_statement label: (_) @skip)
(defer_statement (_) @defer.value) @defer
(empty_statement) @skip

; Functions
(function_declaration name: (_) @function.name parameters: (_) @function.params) @function
(function_declaration body: (_) @function.body) @function
(function_declaration result: (_) @function.returns) @function
(function_declaration name: (_) @function.hidden (#match? @function.hidden "^[^\\p{Lu}]")) @function
(method_declaration
  receiver: (_) @function.receiver name: (_) @function.name parameters: (_) @function.params) @function
(method_declaration body: (_) @function.body) @function
(method_declaration result: (_) @function.returns) @function
(method_declaration name: (_) @function.hidden (#match? @function.hidden "^[^\\p{Lu}]")) @function
(short_var_declaration
  left: (expression_list . (identifier) @function.name .) right: (expression_list . (func_literal) @function .))
(var_spec name: (identifier) @function.name value: (expression_list . (func_literal) @function .))
(parameter_declaration type: (_) @param.hint) @param
(parameter_declaration name: (identifier) @param.name) @param
(variadic_parameter_declaration type: (_) @param.hint) @param
(variadic_parameter_declaration name: (_) @param.name) @param

; Types
(type_spec name: (_) @class.name type: (struct_type (field_declaration_list) @class.body)) @class
(type_spec name: (_) @class.name type: (struct_type
  (field_declaration_list (field_declaration !name type: (_) @class.base)))) @class
(type_spec name: (_) @class.name type: (interface_type)) @class
(field_declaration !name) @skip
(field_declaration name: (_) @member.name) @member
(field_declaration type: (_) @member.hint) @member
(type_alias) @skip
(type_spec type: [(map_type) (slice_type) (array_type) (function_type) (pointer_type) (channel_type)
  (type_identifier) (qualified_type)]) @skip
(type_parameter_list) @skip
(type_arguments) @skip

; Imports
(import_spec !name path: (_) @import.path @import.local) @import
(import_spec name: (_) @import.local path: (_) @import.path) @import
(import_declaration) @skip
(package_clause) @skip

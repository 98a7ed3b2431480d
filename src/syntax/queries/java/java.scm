; Names and literals
(identifier) @name
(this) @name
(super) @name
(true) @true
(false) @false
(null_literal) @null
(decimal_integer_literal) @number
(hex_integer_literal) @number
(octal_integer_literal) @number
(binary_integer_literal) @number
(decimal_floating_point_literal) @number
(hex_floating_point_literal) @number
(character_literal) @str
(string_literal) @str
(string_interpolation (_) @hole.value) @hole
(type_identifier) @name
(class_literal (_) @field.base "class" @field.name) @field
(scoped_identifier scope: (_) @field.base name: (_) @field.name) @field

; Expressions
(field_access object: (_) @field.base field: (_) @field.name) @field
(array_access array: (_) @index.base index: (_) @index.key) @index
(method_invocation name: (_) @call.name arguments: (_) @call.args) @call
(method_invocation object: (_) @call.base) @call
(explicit_constructor_invocation constructor: (_) @call.callee arguments: (_) @call.args) @call
(object_creation_expression type: (_) @new.callee arguments: (_) @new.args) @new
(object_creation_expression type: (generic_type . (_) @new.callee)) @new
(object_creation_expression (class_body) @new.body) @new
(array_creation_expression type: (_) @new.callee) @new
(array_creation_expression dimensions: (dimensions_expr (_) @new.arg)) @new
(array_creation_expression value: (_) @same.value) @same
(method_reference . (_) @field.base (identifier) @field.name .) @field
(parenthesized_expression (_) @same.value) @same
(binary_expression left: (_) @binary.left operator: _ @binary.op right: (_) @binary.right) @binary
(unary_expression operator: _ @unary.op operand: (_) @unary.value) @unary
(update_expression ["++" "--"] @unary.op) @unary
(update_expression (_) @unary.value) @unary
(ternary_expression condition: (_) @choice.cond consequence: (_) @choice.then alternative: (_) @choice.else) @choice
(cast_expression type: (_) @cast.hint value: (_) @cast.value) @cast
(instanceof_expression left: (_) @cast.value right: (_) @cast.hint) @cast
(instanceof_expression left: (_) @assign.value name: (_) @assign.target) @assign
(array_initializer) @collection
(element_value_array_initializer) @collection
(element_value_pair key: (_) @labelled.label value: (_) @labelled.value) @labelled
(lambda_expression parameters: [(formal_parameters) (inferred_parameters)] @function.params) @function
(lambda_expression parameters: (identifier) @function.param) @function
(lambda_expression body: (block) @function.body) @function
(lambda_expression body: (expression) @function.value) @function

; Assignments and declarations
(assignment_expression left: (_) @assign.target operator: _ @assign.op right: (_) @assign.value) @assign
(local_variable_declaration type: (_) @declaration.hint) @declaration
(local_variable_declaration declarator: (_) @declaration.item) @declaration
(variable_declarator name: (_) @declarator.name) @declarator
(variable_declarator value: (_) @declarator.value) @declarator
(resource name: (_) @assign.target value: (_) @assign.value) @assign
(resource type: (_) @assign.hint) @assign

; Statements
(return_statement) @return
(return_statement (_) @return.value) @return
(yield_statement (_) @same.value) @same
(throw_statement (_) @throw.value) @throw
(assert_statement . (_) @assert.cond) @assert
(if_statement condition: (_) @if.cond consequence: (_) @if.then) @if
(if_statement alternative: (_) @if.else) @if
(while_statement condition: (_) @loop.cond body: (_) @loop.body) @loop
(do_statement body: (_) @loop.body condition: (_) @loop.cond) @loop
(for_statement body: (_) @loop.body) @loop
(for_statement init: (_) @loop.init) @loop
(for_statement condition: (_) @loop.cond) @loop
(for_statement update: (_) @loop.step) @loop
(enhanced_for_statement type: (_) @loop.hint name: (_) @loop.target value: (_) @loop.iterable body: (_) @loop.body) @loop
(switch_expression condition: (_) @switch.value body: (_) @switch.body) @switch
(switch_block_statement_group) @case
(switch_block_statement_group (switch_label [(expression) (pattern)] @case.value)) @case
(switch_block_statement_group (switch_label (guard (_) @case.cond))) @case
(switch_rule) @case
(switch_rule (switch_label [(expression) (pattern)] @case.value)) @case
(switch_rule (switch_label (guard (_) @case.cond))) @case
(switch_label) @skip
(type_pattern (identifier) @shorthand)
(record_pattern_component (identifier) @shorthand)
(switch_rule (switch_label (pattern) @case.binds)) @case
(switch_block_statement_group (switch_label (pattern) @case.binds)) @case
(try_statement body: (_) @try.body) @try
(try_statement (catch_clause) @try.handler) @try
(try_statement (finally_clause (_) @try.finally)) @try
(try_with_resources_statement resources: (_) @try.item) @try
(try_with_resources_statement body: (_) @try.body) @try
(try_with_resources_statement (catch_clause) @try.handler) @try
(try_with_resources_statement (finally_clause (_) @try.finally)) @try
(catch_clause body: (_) @handler.body) @handler
(catch_clause (catch_formal_parameter name: (_) @handler.binds)) @handler
(catch_clause (catch_formal_parameter (catch_type) @handler.caught)) @handler
(break_statement) @break
(continue_statement) @continue
(block) @block
(labeled_statement . (identifier) @skip)

; Functions
(method_declaration name: (_) @function.name parameters: (_) @function.params) @function
(method_declaration type: (_) @function.returns) @function
(method_declaration body: (_) @function.body) @function
(method_declaration (modifiers [(annotation) (marker_annotation)] @function.annotation)) @function
(method_declaration (modifiers "private" @function.hidden)) @function
(constructor_declaration name: (_) @function.name parameters: (_) @function.params body: (_) @function.body) @function
(constructor_declaration (modifiers [(annotation) (marker_annotation)] @function.annotation)) @function
(constructor_declaration (modifiers "private" @function.hidden)) @function
(compact_constructor_declaration name: (_) @function.name body: (_) @function.body) @function
(variable_declarator name: (_) @function.name value: (lambda_expression) @function)
(formal_parameter name: (_) @param.name) @param
(formal_parameter type: (_) @param.hint) @param
(formal_parameter (modifiers [(annotation) (marker_annotation)] @param.annotation)) @param
(spread_parameter (variable_declarator name: (_) @param.name)) @param
(spread_parameter . (modifiers)? . (_) @param.hint . (variable_declarator)) @param
(receiver_parameter) @skip
(annotation name: (_) @annotation.name arguments: (_) @annotation.args) @annotation
(marker_annotation name: (_) @annotation.name) @annotation
(throws) @skip
(modifiers) @skip

; Classes
(class_declaration name: (_) @class.name body: (_) @class.body) @class
(class_declaration superclass: (superclass (_) @class.base)) @class
(class_declaration interfaces: (super_interfaces (type_list (_) @class.base))) @class
(class_declaration (modifiers [(annotation) (marker_annotation)] @class.annotation)) @class
(interface_declaration name: (_) @class.name body: (_) @class.body) @class
(interface_declaration (extends_interfaces (type_list (_) @class.base))) @class
(interface_declaration (modifiers [(annotation) (marker_annotation)] @class.annotation)) @class
(enum_declaration name: (_) @class.name body: (_) @class.body) @class
(enum_declaration interfaces: (super_interfaces (type_list (_) @class.base))) @class
(record_declaration name: (_) @class.name parameters: (_) @class.params body: (_) @class.body) @class
(record_declaration interfaces: (super_interfaces (type_list (_) @class.base))) @class
(record_declaration (modifiers [(annotation) (marker_annotation)] @class.annotation)) @class
(enum_constant) @skip
(annotation_type_declaration) @skip
(field_declaration type: (_) @member.hint) @member
(field_declaration declarator: (_) @member.item) @member
(constant_declaration type: (_) @member.hint) @member
(constant_declaration declarator: (_) @member.item) @member

; Imports
(import_declaration (scoped_identifier name: (_) @import.local) @import.path .) @import
(import_declaration (_) @import.path (asterisk) @import.wildcard) @import
(import_declaration) @skip
(package_declaration) @skip
(module_declaration) @skip

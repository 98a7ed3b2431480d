; What C and C++ share.

; Names and literals
(identifier) @name
(type_identifier) @name
(primitive_type) @name
(sized_type_specifier) @name
(true) @true
(false) @false
(null) @null
(number_literal) @number
(char_literal) @str
(string_literal) @str
(concatenated_string) @concat

; Expressions
(field_expression argument: (_) @field.base field: (_) @field.name) @field
(subscript_expression argument: (_) @index.base) @index
(call_expression function: (_) @call.callee arguments: (_) @call.args) @call
(sizeof_expression "sizeof" @call.callee) @call
(sizeof_expression value: (_) @call.arg) @call
(sizeof_expression type: (_) @call.arg) @call
(type_descriptor type: (_) @same.value) @same
(parenthesized_expression (_) @same.value) @same
(binary_expression left: (_) @binary.left operator: _ @binary.op right: (_) @binary.right) @binary
(unary_expression operator: _ @unary.op argument: (_) @unary.value) @unary
(pointer_expression operator: _ @unary.op argument: (_) @unary.value) @unary
(update_expression operator: _ @unary.op) @unary
(update_expression argument: (_) @unary.value) @unary
(conditional_expression condition: (_) @choice.cond) @choice
(conditional_expression consequence: (_) @choice.then) @choice
(conditional_expression alternative: (_) @choice.else) @choice
(cast_expression type: (_) @cast.hint value: (_) @cast.value) @cast
(initializer_list) @collection
(initializer_pair designator: (field_designator (_) @pair.label) value: (_) @pair.value) @pair
(initializer_pair designator: (subscript_designator (_) @pair.key) value: (_) @pair.value) @pair
(initializer_pair designator: (field_identifier) @pair.label value: (_) @pair.value) @pair

; Assignments and declarations
(assignment_expression left: (_) @assign.target operator: _ @assign.op right: (_) @assign.value) @assign
(declaration type: (_) @declaration.hint) @declaration
(declaration declarator: (_) @declaration.item) @declaration
(declaration type: (struct_specifier name: (_) @declaration.hint)) @declaration
(declaration type: (union_specifier name: (_) @declaration.hint)) @declaration
(declaration type: (enum_specifier name: (_) @declaration.hint)) @declaration
(declaration type: (struct_specifier body: (_)) @declaration.init) @declaration
(declaration type: (union_specifier body: (_)) @declaration.init) @declaration
(init_declarator declarator: (_) @declarator.name) @declarator
(init_declarator value: [(expression) (initializer_list)] @declarator.value) @declarator
(pointer_declarator "*" @declarator.mark) @declarator
(pointer_declarator declarator: (_) @declarator.name) @declarator
(array_declarator declarator: (_) @declarator.name "[" @declarator.array) @declarator
(array_declarator size: (_) @declarator.size) @declarator
(function_declarator declarator: (_) @declarator.name parameters: (_) @declarator.params) @declarator
(parenthesized_declarator (_) @declarator.name) @declarator
(attributed_declarator . (_) @declarator.name) @declarator

; Statements
(return_statement) @return
(return_statement (_) @return.value) @return
(if_statement consequence: (_) @if.then) @if
(if_statement alternative: (else_clause (_) @if.else)) @if
(while_statement body: (_) @loop.body) @loop
(do_statement body: (_) @loop.body condition: (_) @loop.cond) @loop
(for_statement body: (_) @loop.body) @loop
(for_statement initializer: (_) @loop.init) @loop
(for_statement condition: (_) @loop.cond) @loop
(for_statement update: (_) @loop.step) @loop
(switch_statement body: (_) @switch.body) @switch
(case_statement) @case
(case_statement value: (_) @case.value) @case
(seh_try_statement body: (_) @try.body) @try
(seh_try_statement (seh_except_clause) @try.handler) @try
(seh_try_statement (seh_finally_clause body: (_) @try.finally)) @try
(seh_except_clause body: (_) @handler.body) @handler
(break_statement) @break
(continue_statement) @continue
(goto_statement) @jump
(compound_statement) @block

; Functions
(function_definition declarator: (_) @function.declarator) @function
(function_definition type: (_) @function.returns) @function
(function_definition body: (_) @function.body) @function
(function_definition type: (struct_specifier name: (_) @function.returns)) @function
(parameter_declaration type: (_) @param.hint) @param
(parameter_declaration type: (struct_specifier name: (_) @param.hint)) @param
(parameter_declaration type: (union_specifier name: (_) @param.hint)) @param
(parameter_declaration type: (enum_specifier name: (_) @param.hint)) @param
(parameter_declaration declarator: (_declarator) @param.declarator) @param
((parameter_declaration !declarator type: (primitive_type) @_void) @skip (#eq? @_void "void"))

; Types
(struct_specifier body: (_) @class.body) @class
(struct_specifier name: (_) @class.name body: (_)) @class
(union_specifier body: (_) @class.body) @class
(union_specifier name: (_) @class.name body: (_)) @class
(type_definition type: (struct_specifier !name body: (_)) @class declarator: (type_identifier) @class.name)
(type_definition type: (union_specifier !name body: (_)) @class declarator: (type_identifier) @class.name)
; A typedef of a named structure is a class that extends it.
(type_definition type: (struct_specifier name: (_) @class.base) declarator: (type_identifier) @class.name) @class
(type_definition type: (struct_specifier name: (_) body: (_)) @class.init) @class
(field_declaration type: (_) @member.hint) @member
(field_declaration type: (struct_specifier name: (_) @member.hint)) @member
(field_declaration type: (union_specifier name: (_) @member.hint)) @member
(field_declaration declarator: (_) @member.item) @member
(enum_specifier) @skip
(type_definition declarator: (_) @skip)
(type_definition type: [(primitive_type) (type_identifier) (sized_type_specifier)]) @skip
(translation_unit [(struct_specifier !body) (union_specifier !body)] @skip)
(preproc_ifdef [(struct_specifier !body) (union_specifier !body)] @skip)
(preproc_else [(struct_specifier !body) (union_specifier !body)] @skip)

; Preprocessor
(preproc_include path: (_) @import.path) @import
(preproc_include) @skip
(preproc_def) @skip
(preproc_function_def) @skip
(preproc_call) @skip
(preproc_ifdef name: (_) @skip)
(preproc_if condition: (_) @skip)
(preproc_elif condition: (_) @skip)
(preproc_elifdef name: (_) @skip)
(linkage_specification value: (_) @skip)
(attribute_specifier) @skip
(ms_declspec_modifier) @skip

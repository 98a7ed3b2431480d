; Names and literals. Macro calls are read as calls, see `macros.rs`.
(identifier) @name
(type_identifier) @name
(primitive_type) @name
(self) @name
(super) @name
(crate) @name
(metavariable) @name
(boolean_literal "true") @true
(boolean_literal "false") @false
(unit_expression) @null
(integer_literal) @number
(float_literal) @number
(char_literal) @str
(string_literal) @str
(raw_string_literal) @str
(negative_literal "-" @unary.op (_) @unary.value) @unary

; Expressions
(field_expression value: (_) @field.base field: (_) @field.name) @field
(scoped_identifier path: (_) @field.base name: (_) @field.name) @field
(scoped_identifier !path name: (_) @field.name) @field
(scoped_type_identifier path: (_) @field.base name: (_) @field.name) @field
(generic_function function: (_) @same.value) @same
(generic_type type: (_) @same.value) @same
(generic_type_with_turbofish type: (_) @same.value) @same
(bracketed_type (_) @same.value) @same
(qualified_type type: (_) @same.value) @same
(index_expression . (_) @index.base . (_) @index.key) @index
(call_expression function: (_) @call.callee arguments: (_) @call.args) @call
(macro_invocation macro: (_) @call.callee (token_tree) @call.args) @call
; `text.parse::<u32>()` is a cast.
(call_expression function: (generic_function
  function: (field_expression value: (_) @cast.value field: (field_identifier) @_parse)
  type_arguments: (type_arguments . (_) @cast.hint .)) (#eq? @_parse "parse")) @cast
(struct_expression name: (_) @new.callee body: (_) @new.args) @new
(field_initializer field: (_) @labelled.label value: (_) @labelled.value) @labelled
(shorthand_field_initializer (identifier) @labelled.label @labelled.value) @labelled
(base_field_initializer (_) @spread.value) @spread
; Labels of macros: `format!("{a}", a = b)`.
(arguments (assignment_expression left: (_) @labelled.label right: (_) @labelled.value) @labelled)
(arguments (attribute_item) @skip)
(parenthesized_expression (_) @same.value) @same
(try_expression (_) @same.value) @same
(await_expression (_) @same.value) @same
(yield_expression (_) @same.value) @same
(reference_expression "&" @unary.op value: (_) @unary.value) @unary
(unary_expression ["!" "-" "*"] @unary.op (_) @unary.value) @unary
(binary_expression left: (_) @binary.left operator: _ @binary.op right: (_) @binary.right) @binary
(type_cast_expression value: (_) @cast.value type: (_) @cast.hint) @cast
(tuple_expression) @collection
(array_expression) @collection
(closure_expression parameters: (_) @function.params body: (_) @function.value) @function
(closure_expression return_type: (_) @function.returns) @function
; Names inside the text of a format string are holes.
(call_expression
  function: [(identifier) @_macro (scoped_identifier name: (_) @_macro)]
  arguments: (arguments [(string_literal) (raw_string_literal)] @format)
  (#match? @_macro "^(format|format_args|print|println|eprint|eprintln|write|writeln|panic|todo|unreachable|unimplemented|assert|assert_eq|assert_ne|debug_assert|bail|anyhow|ensure|trace|debug|info|warn|error|log|event|formatcp|eyre|formatdoc|context)$"))

; Blocks leave a value behind.
(block) @block
(block (_expression) @block.value .) @block
((block (expression_statement) @block.value .) @block (#not-match? @block.value ";$"))
(expression_statement (_) @same.value) @same
(unsafe_block (block) @same.value) @same
(async_block (block) @same.value) @same
(gen_block (block) @same.value) @same
(try_block (block) @same.value) @same
(const_block body: (_) @same.value) @same

; Assignments and patterns
(let_declaration pattern: (_) @assign.target) @assign
(let_declaration type: (_) @assign.hint) @assign
(let_declaration value: (_) @assign.value) @assign
(let_declaration alternative: (_) @assign.else) @assign
(let_condition pattern: (_) @assign.target value: (_) @assign.value) @assign
(let_chain) @chain
(assignment_expression left: (_) @assign.target right: (_) @assign.value) @assign
(compound_assignment_expr left: (_) @assign.target operator: _ @assign.op right: (_) @assign.value) @assign
(const_item name: (_) @assign.target type: (_) @assign.hint value: (_) @assign.value) @assign
(static_item name: (_) @assign.target type: (_) @assign.hint value: (_) @assign.value) @assign
(arguments (assignment_expression left: (_) @labelled.label right: (_) @labelled.value) @labelled)
(tuple_pattern) @pattern
(slice_pattern) @pattern
(tuple_struct_pattern) @pattern
(tuple_struct_pattern type: (_) @skip)
(struct_pattern) @fields
(struct_pattern type: (_) @skip)
(field_pattern name: (shorthand_field_identifier)) @shorthand
(field_pattern name: (field_identifier) @pair.key pattern: (_) @pair.value) @pair
(remaining_field_pattern) @skip
(or_pattern) @list
(mut_pattern (_pattern) @same.value) @same
(ref_pattern (_pattern) @same.value) @same
(reference_pattern (_pattern) @same.value) @same
(captured_pattern . (_) @same.value) @same
(mutable_specifier) @skip

; Control
(return_expression) @return
(return_expression (_) @return.value) @return
(if_expression condition: (_) @if.cond consequence: (_) @if.then) @if
(if_expression alternative: (else_clause (_) @if.else)) @if
(while_expression condition: (_) @loop.cond body: (_) @loop.body) @loop
(loop_expression body: (_) @loop.body) @loop
(for_expression pattern: (_) @loop.target value: (_) @loop.iterable body: (_) @loop.body) @loop
(match_expression value: (_) @switch.value body: (_) @switch.body) @switch
(match_arm value: (_) @case.body) @case
(match_arm pattern: (match_pattern . (_) @case.binds)) @case
(match_arm pattern: (match_pattern . [(_literal_pattern) (tuple_struct_pattern) (struct_pattern) (or_pattern)
  (scoped_identifier) (tuple_pattern) (slice_pattern) (range_pattern) (reference_pattern) (captured_pattern)
  (macro_invocation) (generic_pattern)] @case.value)) @case
(match_arm pattern: (match_pattern . (identifier) @case.value (#match? @case.value "^[A-Z]"))) @case
(match_arm pattern: (match_pattern condition: (_) @case.cond)) @case
; A name in lower case is bound and matches everything.
(match_arm pattern: (match_pattern . (identifier) @shorthand (#match? @shorthand "^[a-z_][a-z0-9_]*$")))
(tuple_struct_pattern (identifier) @shorthand (#match? @shorthand "^[a-z_][a-z0-9_]*$"))
(tuple_struct_pattern type: (identifier) @skip)
(tuple_pattern (identifier) @shorthand (#match? @shorthand "^[a-z_][a-z0-9_]*$"))
(slice_pattern (identifier) @shorthand (#match? @shorthand "^[a-z_][a-z0-9_]*$"))
(field_pattern pattern: (identifier) @shorthand)
(captured_pattern . (identifier) @shorthand)
(ref_pattern (identifier) @shorthand)
(mut_pattern (identifier) @shorthand)
(reference_pattern (identifier) @shorthand)
(break_expression) @break
(continue_expression) @continue
(label) @skip
(lifetime) @skip
(empty_statement) @skip

; Functions
(function_item name: (_) @function.name parameters: (_) @function.params body: (_) @function.tail) @function
(function_item return_type: (_) @function.returns) @function
(source_file (function_item) @function @function.hidden (#not-match? @function.hidden "^pub"))
(mod_item body: (declaration_list (function_item) @function @function.hidden (#not-match? @function.hidden "^pub")))
(impl_item !trait
  body: (declaration_list (function_item) @function @function.hidden (#not-match? @function.hidden "^pub")))
(function_item parameters: (parameters (self_parameter) @function.bound)) @function
(function_signature_item name: (_) @function.name parameters: (_) @function.params) @function
(function_signature_item return_type: (_) @function.returns) @function
(function_signature_item parameters: (parameters (self_parameter) @function.bound)) @function
(let_declaration pattern: (identifier) @function.name value: (closure_expression) @function)
(parameter pattern: (_) @param.name type: (_) @param.hint) @param
(self_parameter (self) @param.name) @param
(variadic_parameter) @skip
(attribute_item (attribute . (_) @annotation.name)) @annotation
(attribute_item (attribute arguments: (_) @annotation.args)) @annotation
(inner_attribute_item) @skip
; Attributes that say nothing about who calls what.
(attribute_item (attribute . (_) @_said
  (#match? @_said "^(allow|warn|deny|expect|cfg|cfg_attr|derive|doc|inline|must_use|serde|error|source|from|default|ignore|rustfmt.*|clippy.*|(.*::)?test)$"))) @skip
; Code of tests.
(mod_item name: (identifier) @_tests (#match? @_tests "^tests?$")) @skip
((attribute_item (attribute . (_) @_test)) . (function_item) @skip (#match? @_test "(^|::)test$"))
((attribute_item (attribute . (_) @_test)) . (attribute_item) . (function_item) @skip (#match? @_test "(^|::)test$"))

; Types
(struct_item name: (_) @class.name) @class
(struct_item body: (field_declaration_list) @class.body) @class
(union_item name: (_) @class.name body: (_) @class.body) @class
(enum_item name: (_) @class.name) @class
(impl_item type: (_) @class.name body: (_) @class.body) @class
(impl_item trait: (_) @class.base) @class
(trait_item name: (_) @class.name body: (_) @class.body) @class
(field_declaration name: (_) @member.name type: (_) @member.hint) @member
(mod_item name: (_) @skip)
(associated_type) @skip
(type_item) @skip
(type_parameters) @skip
(type_arguments) @skip
(where_clause) @skip
(trait_bounds) @skip
(visibility_modifier) @skip
(function_modifiers) @skip
(foreign_mod_item) @skip
(macro_definition) @skip
(extern_modifier) @skip

; Imports
(use_declaration argument: (scoped_identifier path: (_) @import.path name: (_) @import.member)) @import
(use_declaration argument: (use_as_clause path: (_) @import.path alias: (_) @import.local)) @import
(use_declaration argument: (use_wildcard (_) @import.path) @import.wildcard) @import
(use_declaration argument: (identifier) @import.path @import.local) @import
(use_declaration argument: (scoped_use_list
  path: (_) @import.path list: (use_list [(identifier) (self)] @import.member @import)))
(use_declaration argument: (scoped_use_list
  path: (_) @import.path list: (use_list (scoped_identifier) @import.member @import)))
(use_declaration argument: (scoped_use_list path: (_) @import.path
  list: (use_list (use_as_clause path: (_) @import.member alias: (_) @import.local) @import)))
(use_declaration argument: (scoped_use_list path: (_) @import.path
  list: (use_list (use_wildcard) @import.wildcard @import)))
(use_declaration argument: (scoped_use_list path: (_) @import.path list: (use_list (scoped_use_list
  path: (_) @import.path list: (use_list [(identifier) (self)] @import.member @import)))))
(use_declaration argument: (scoped_use_list path: (_) @import.path list: (use_list (scoped_use_list
  path: (_) @import.path list: (use_list (scoped_identifier) @import.member @import)))))
(use_declaration argument: (scoped_use_list path: (_) @import.path list: (use_list (scoped_use_list
  path: (_) @import.path list: (use_list
    (use_as_clause path: (_) @import.member alias: (_) @import.local) @import)))))
(use_declaration argument: (scoped_use_list path: (_) @import.path list: (use_list (scoped_use_list path: (_)
  @import.path list: (use_list (scoped_use_list
    path: (_) @import.path list: (use_list [(identifier) (self)] @import.member @import)))))))
(extern_crate_declaration name: (_) @import.path @import.local) @import
(extern_crate_declaration alias: (_) @import.local) @import
(use_declaration) @skip
(extern_crate_declaration) @skip

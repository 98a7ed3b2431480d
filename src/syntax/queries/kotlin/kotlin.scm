; Names and literals
(identifier) @name
((identifier) @true (#eq? @true "true"))
((identifier) @false (#eq? @false "false"))
((identifier) @null (#eq? @null "null"))
((identifier) @break (#eq? @break "break"))
((identifier) @continue (#eq? @continue "continue"))
(this_expression) @name
(super_expression) @name
(number_literal) @number
(float_literal) @number
(character_literal) @str
(string_literal) @str
; The grammar reads a bare name behind a dollar as text.
((string_literal (string_content) @str.mark) @str (#eq? @str.mark "$"))
(multiline_string_literal) @str
(interpolation (_) @hole.value) @hole
(user_type . (identifier) @same.value .) @same

; Expressions
(navigation_expression . (_) @field.base (identifier) @field.name .) @field
(callable_reference . (_) @field.base (identifier) @field.name .) @field
(callable_reference . (identifier) @same.value .) @same
(callable_reference . (user_type) @same.value "class") @same
(index_expression . (_) @index.base (_) @index.key) @index
(call_expression . (_) @call.callee) @call
(call_expression (value_arguments) @call.args) @call
(call_expression (annotated_lambda (lambda_literal) @call.arg)) @call
; What is called by a capital constructs.
((call_expression . (identifier) @new.callee) @new (#match? @new.callee "^[A-Z]"))
((call_expression . (identifier) @new.callee (value_arguments) @new.args) @new (#match? @new.callee "^[A-Z]"))
((call_expression . (identifier) @new.callee (annotated_lambda (lambda_literal) @new.arg)) @new
  (#match? @new.callee "^[A-Z]"))
((call_expression . (navigation_expression (identifier) @_last .) @new.callee) @new (#match? @_last "^[A-Z]"))
((call_expression . (navigation_expression (identifier) @_last .) @new.callee (value_arguments) @new.args) @new
  (#match? @_last "^[A-Z]"))
; A lambda behind the brackets is one more argument.
(call_expression
  . (call_expression . (_) @call.callee (value_arguments) @call.args)
  . (annotated_lambda (lambda_literal) @call.arg)) @call
((call_expression
  . (call_expression . (identifier) @new.callee (value_arguments) @new.args)
  . (annotated_lambda (lambda_literal) @new.arg)) @new
  (#match? @new.callee "^[A-Z]"))
; Functions that only list their arguments.
((call_expression . (identifier) @collection.name (value_arguments)) @collection
  (#match? @collection.name
    "^(listOf|mutableListOf|arrayListOf|listOfNotNull|setOf|mutableSetOf|hashSetOf|linkedSetOf|arrayOf|mapOf|mutableMapOf|hashMapOf|linkedMapOf|parametersOf|bundleOf)$"))
((call_expression . (identifier) @_lists (value_arguments) @parts)
  (#match? @_lists
    "^(listOf|mutableListOf|arrayListOf|listOfNotNull|setOf|mutableSetOf|hashSetOf|linkedSetOf|arrayOf|mapOf|mutableMapOf|hashMapOf|linkedMapOf|parametersOf|bundleOf)$"))
(value_argument (_) @same.value .) @same
(value_argument (spread_expression (_) @spread.value)) @spread
(value_argument . (identifier) @labelled.label "=" . (_) @labelled.value) @labelled
((value_argument (infix_expression . (_) @pair.key . (identifier) @_to . (_) @pair.value)) @pair (#eq? @_to "to"))
(infix_expression . (_) @call.base . (identifier) @call.name . (_) @call.arg) @call
(parenthesized_expression (_) @same.value) @same
(labeled_expression (_) @same.value .) @same
(annotated_expression (_) @same.value .) @same
(spread_expression (_) @same.value) @same
; What throws unless its condition holds.
((call_expression . (identifier) @_require (value_arguments . (value_argument (_) @assert.cond .))) @assert
  (#match? @_require "^(require|check)$"))
((call_expression
  . (call_expression . (identifier) @_require (value_arguments . (value_argument (_) @assert.cond .)))
  . (annotated_lambda)) @assert
  (#match? @_require "^(require|check)$"))
(binary_expression left: (_) @binary.left operator: _ @binary.op right: (_) @binary.right) @binary
(in_expression left: (_) @binary.left ["in" "!in"] @binary.op right: (_) @binary.right) @binary
(unary_expression operator: _ @unary.op argument: (_) @unary.value) @unary
(unary_expression argument: (_) @unary.value operator: _ @unary.op) @unary
(unary_expression argument: (_) @same.value operator: "!!") @same
(as_expression left: (_) @cast.value right: (_) @cast.hint) @cast
(is_expression left: (_) @cast.value right: (_) @cast.hint) @cast
(collection_literal) @collection
(label) @skip
(type_arguments) @skip
(type_parameters) @skip
(type_constraints) @skip

; Assignments and declarations
(assignment left: (_) @assign.target operator: _ @assign.op right: (_) @assign.value) @assign
(variable_declaration (identifier) @same.value) @same
(multi_variable_declaration) @pattern
(property_declaration (variable_declaration (identifier) @assign.target)) @assign
(property_declaration (variable_declaration (identifier) . (_) @assign.hint)) @assign
(property_declaration (multi_variable_declaration) @assign.target) @assign
(property_declaration "=" . (_) @assign.value) @assign
(property_declaration (property_delegate (_) @assign.value)) @assign

; Statements
(return_expression) @return
(return_expression !label (_) @return.value) @return
(return_expression label: (_) . (_) @return.value) @return
(throw_expression (_) @throw.value) @throw
(if_expression condition: (_) @if.cond) @if
(if_expression condition: (_) . (_) @if.then) @if
(if_expression "else" . (_) @if.else) @if
(while_statement condition: (_) @loop.cond) @loop
(while_statement condition: (_) . (_) @loop.body) @loop
(do_while_statement condition: (_) @loop.cond) @loop
(do_while_statement (block) @loop.body) @loop
(for_statement [(variable_declaration) (multi_variable_declaration)] @loop.target . (_) @loop.iterable) @loop
(for_statement [(variable_declaration) (multi_variable_declaration)] . (_) . (_) @loop.body) @loop
(when_expression) @switch
(when_expression (when_subject (_) @switch.value .)) @switch
(when_expression (when_subject (variable_declaration) @switch.binds)) @switch
(when_expression (when_entry) @switch.item) @switch
(when_entry) @case
(when_entry condition: (_) @case.value) @case
(when_entry "->" . (_) @case.body) @case
(range_test (_) @same.value) @same
(try_expression . (block) @try.body) @try
(try_expression (catch_block) @try.handler) @try
(try_expression (finally_block (block) @try.finally)) @try
(catch_block (identifier) @handler.binds . (_) @handler.caught . (block) @handler.body) @handler
(block) @block

; Functions
(function_declaration name: (_) @function.name) @function
(function_declaration (function_value_parameters) @function.params) @function
(function_declaration
  [(user_type) (nullable_type) (parenthesized_type)] @function.base . name: (_)) @function
(function_declaration
  (function_value_parameters) . [(user_type) (nullable_type) (function_type)] @function.returns) @function
(function_declaration (function_body (block) @function.body)) @function
(function_declaration (function_body "=" . (_) @function.value)) @function
(function_declaration (modifiers (annotation) @function.annotation)) @function
(function_declaration
  (modifiers (visibility_modifier) @function.hidden) (#match? @function.hidden "private|protected")) @function
(anonymous_function (function_value_parameters) @function.params) @function
(anonymous_function (function_body (block) @function.body)) @function
(anonymous_function (function_body "=" . (_) @function.value)) @function
(lambda_literal) @function
(lambda_literal (lambda_parameters) @function.params) @function
(lambda_literal (statement) @function.tail) @function
(lambda_literal "{" @function.it) @function
(secondary_constructor (function_value_parameters) @function.params) @function
(secondary_constructor (block) @function.body) @function
(secondary_constructor (constructor_delegation_call) @function.init) @function
(constructor_delegation_call ["this" "super"] @call.callee (value_arguments) @call.args) @call
(class_declaration name: (_) @function.name (class_body (secondary_constructor) @function))
(class_declaration name: (_) @function.name (primary_constructor (class_parameters) @function.params) @function)
(property_declaration
  (variable_declaration (identifier) @function.name) (getter (function_body (block) @function.body)) @function)
(property_declaration
  (variable_declaration (identifier) @function.name) (getter (function_body "=" . (_) @function.value)) @function)
(property_declaration
  (variable_declaration (identifier) @function.name)
  (setter (identifier) @function.param (function_body (block) @function.body)) @function)
(parameter . (identifier) @param.name (_) @param.hint .) @param
(function_value_parameters (parameter) @param . "=" . (_) @param.value)
(function_value_parameters (parameter_modifiers (annotation) @param.annotation) . (parameter) @param)
(class_parameter (identifier) @param.name) @param
(class_parameter
  [(user_type) (nullable_type) (function_type) (parenthesized_type) (non_nullable_type)] @param.hint) @param
(class_parameter "=" . (_) @param.value) @param
(class_parameter (modifiers (annotation) @param.annotation)) @param
(class_parameter ["val" "var"] @param.field) @param
(parameter_modifiers) @skip
(annotation (user_type) @annotation.name) @annotation
(annotation (constructor_invocation (user_type) @annotation.name)) @annotation
(annotation (constructor_invocation (value_arguments) @annotation.args)) @annotation
(modifiers) @skip

; Classes
(class_declaration name: (_) @class.name) @class
(class_declaration (primary_constructor) @class.params) @class
(class_declaration [(class_body) (enum_class_body)] @class.body) @class
(class_declaration (delegation_specifiers (delegation_specifier (_) @class.base))) @class
(class_declaration (modifiers (annotation) @class.annotation)) @class
(object_declaration name: (_) @class.name) @class
(object_declaration (class_body) @class.body) @class
(object_declaration (delegation_specifiers (delegation_specifier (_) @class.base))) @class
(object_declaration (modifiers (annotation) @class.annotation)) @class
(object_literal (class_body) @class.body) @class
(object_literal (delegation_specifiers (delegation_specifier (_) @class.base))) @class
(companion_object name: (_) @skip)
(companion_object (delegation_specifiers) @skip)
(anonymous_initializer (block) @same.value) @same
(enum_entry) @skip
(type_alias) @skip
(class_body (property_declaration (variable_declaration (identifier) @member.name)) @member)
(class_body (property_declaration (variable_declaration (identifier) . (_) @member.hint)) @member)
(class_body (property_declaration "=" . (_) @member.value) @member)
(class_body (property_declaration (property_delegate (_) @member.value)) @member)
(class_body (property_declaration [(getter) (setter)] @member.body) @member)

; Imports
(import (qualified_identifier (identifier) @import.local .) @import.path .) @import
(import (qualified_identifier) @import.path (identifier) @import.local) @import
(import (qualified_identifier) @import.path "*" @import.wildcard) @import
(import) @skip
(package_header) @skip
(file_annotation) @skip
(shebang) @skip

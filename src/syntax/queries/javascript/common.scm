; What JavaScript and TypeScript share.

; Names and literals
(identifier) @name
(this) @name
(super) @name
(true) @true
(false) @false
(null) @null
(undefined) @null
(number) @number
(string) @str
(template_string) @str
(template_substitution (_) @hole.value) @hole
(regex pattern: (_) @text.value) @text

; Expressions
(member_expression object: (_) @field.base property: (_) @field.name) @field
(subscript_expression object: (_) @index.base index: (_) @index.key) @index
(call_expression function: (_) @call.callee arguments: (_) @call.args) @call
(new_expression constructor: (_) @new.callee) @new
(new_expression arguments: (_) @new.args) @new
(spread_element (_) @spread.value) @spread
(parenthesized_expression (_) @same.value) @same
(await_expression (_) @same.value) @same
(yield_expression (_) @same.value) @same
(computed_property_name (_) @same.value) @same
(binary_expression left: (_) @binary.left operator: _ @binary.op right: (_) @binary.right) @binary
(unary_expression operator: _ @unary.op argument: (_) @unary.value) @unary
(update_expression operator: _ @unary.op) @unary
(update_expression argument: (_) @unary.value) @unary
(unary_expression operator: "delete" argument: (_) @delete.value) @delete
(ternary_expression condition: (_) @choice.cond consequence: (_) @choice.then alternative: (_) @choice.else) @choice
(array) @collection
(object) @collection
(pair key: (_) @pair.key value: (_) @pair.value) @pair
(shorthand_property_identifier) @shorthand

; Assignments
(assignment_expression left: (_) @assign.target right: (_) @assign.value) @assign
(augmented_assignment_expression left: (_) @assign.target operator: _ @assign.op right: (_) @assign.value) @assign
(variable_declarator name: (_) @assign.target) @assign
(variable_declarator value: (_) @assign.value) @assign
(array_pattern) @pattern
(object_pattern) @fields
(pair_pattern key: (_) @pair.key value: (_) @pair.value) @pair
(shorthand_property_identifier_pattern) @shorthand
(object_assignment_pattern left: (_) @default.target right: (_) @default.value) @default
(assignment_pattern left: (_) @default.target right: (_) @default.value) @default
(rest_pattern (_) @same.value) @same

; Statements
(return_statement) @return
(return_statement (_) @return.value) @return
(throw_statement (_) @throw.value) @throw
(if_statement condition: (_) @if.cond consequence: (_) @if.then) @if
(if_statement alternative: (else_clause (_) @if.else)) @if
(while_statement condition: (_) @loop.cond body: (_) @loop.body) @loop
(do_statement body: (_) @loop.body condition: (_) @loop.cond) @loop
(for_statement body: (_) @loop.body) @loop
(for_statement initializer: (_) @loop.init) @loop
(for_statement condition: (_) @loop.cond) @loop
(for_statement increment: (_) @loop.step) @loop
(for_in_statement left: (_) @loop.target right: (_) @loop.iterable body: (_) @loop.body) @loop
(switch_statement value: (_) @switch.value body: (_) @switch.body) @switch
(switch_case) @case
(switch_case value: (_) @case.value) @case
(switch_default) @case
(try_statement body: (_) @try.body) @try
(try_statement handler: (_) @try.handler) @try
(try_statement finalizer: (finally_clause body: (_) @try.finally)) @try
(catch_clause body: (_) @handler.body) @handler
(catch_clause parameter: (_) @handler.binds) @handler
(break_statement) @break
(continue_statement) @continue
(statement_block) @block
(empty_statement) @skip
(debugger_statement) @skip
(export_clause) @skip
(export_statement source: (_) @skip)

; Functions
(function_declaration name: (_) @function.name parameters: (_) @function.params body: (_) @function.body) @function
(generator_function_declaration
  name: (_) @function.name parameters: (_) @function.params body: (_) @function.body) @function
(function_expression parameters: (_) @function.params body: (_) @function.body) @function
(function_expression name: (_) @function.name) @function
(generator_function parameters: (_) @function.params body: (_) @function.body) @function
(generator_function name: (_) @function.name) @function
(arrow_function parameter: (_) @function.param) @function
(arrow_function parameters: (_) @function.params) @function
(arrow_function body: (statement_block) @function.body) @function
(arrow_function body: (expression) @function.value) @function
(method_definition name: (_) @function.name parameters: (_) @function.params body: (_) @function.body) @function
(method_definition name: (private_property_identifier) @function.hidden) @function
; A function that is given to a name answers to it.
(variable_declarator
  name: (identifier) @function.name value: [(arrow_function) (function_expression) (generator_function)] @function)
(assignment_expression
  left: (identifier) @function.name right: [(arrow_function) (function_expression) (generator_function)] @function)
(assignment_expression
  left: (member_expression property: (_) @function.name)
  right: [(arrow_function) (function_expression) (generator_function)] @function)
(pair
  key: (property_identifier) @function.name
  value: [(arrow_function) (function_expression) (generator_function)] @function)
(decorator (_) @annotation.value) @annotation

; Classes
(class_declaration body: (_) @class.body) @class
(class_declaration name: (_) @class.name) @class
(class_declaration decorator: (_) @class.annotation) @class
(class body: (_) @class.body) @class
(class name: (_) @class.name) @class
(variable_declarator name: (identifier) @class.name value: (class) @class)

; Imports
(import_statement "import" . source: (_) @import.path) @import
(import_statement (import_clause (identifier) @import.local) source: (_) @import.path) @import
(import_statement (import_clause (namespace_import (_) @import.local)) source: (_) @import.path) @import
(import_statement
  (import_clause (named_imports (import_specifier !alias name: (_) @import.member) @import)) source: (_) @import.path)
(import_statement
  (import_clause (named_imports (import_specifier name: (_) @import.member alias: (_) @import.local) @import))
  source: (_) @import.path)
(variable_declarator
  name: (identifier) @import.local
  value: (call_expression function: (identifier) @_require arguments: (arguments . (string) @import.path))
  (#eq? @_require "require")) @import
(variable_declarator
  name: (identifier) @import.local
  value: (member_expression
    object: (call_expression function: (identifier) @_require arguments: (arguments . (string) @import.path))
    property: (_) @import.member)
  (#eq? @_require "require")) @import
(variable_declarator
  name: (object_pattern (shorthand_property_identifier_pattern) @import.member @import)
  value: (call_expression function: (identifier) @_require arguments: (arguments . (string) @import.path))
  (#eq? @_require "require"))
(variable_declarator
  name: (object_pattern (pair_pattern key: (_) @import.member value: (identifier) @import.local) @import)
  value: (call_expression function: (identifier) @_require arguments: (arguments . (string) @import.path))
  (#eq? @_require "require"))
(variable_declarator
  name: (identifier) @import.local
  value: (await_expression (call_expression function: (import) arguments: (arguments . (string) @import.path)))) @import
(variable_declarator
  name: (object_pattern (shorthand_property_identifier_pattern) @import.member @import)
  value: (await_expression (call_expression function: (import) arguments: (arguments . (string) @import.path))))
; `require("express").Router()`: nothing is bound, and still the library is in use.
((call_expression function: (identifier) @_require arguments: (arguments . (string) @import.path)) @import
  (#eq? @_require "require"))
(import_statement) @skip

; Names and literals. A name that nothing here assigned calls a method.
(identifier) @called
(constant) @name
(self) @name
(super) @name
(global_variable) @name
(instance_variable) @own
(class_variable) @own
(true) @true
(false) @false
(nil) @null
(integer) @number
(float) @number
(rational) @number
(complex) @number
(string) @str
(bare_string) @str
(bare_symbol) @str
(simple_symbol) @str
(delimited_symbol) @str
(hash_key_symbol) @str
(character) @str
(regex) @str
(chained_string) @concat
(interpolation (_) @hole.value) @hole
(heredoc_beginning) @heredoc
(heredoc_body) @later
(escape_sequence) @skip
(string_content) @skip

; Expressions
(scope_resolution scope: (_) @field.base name: (_) @field.name) @field
(scope_resolution !scope name: (_) @field.name) @field
(element_reference object: (_) @index.base) @index
(element_reference object: (_) (_) @index.key) @index
(call receiver: (_) @call.base) @call
(call method: (_) @call.name) @call
(call arguments: (_) @call.args) @call
(call block: (_) @call.arg) @call
(call receiver: [(constant) (scope_resolution)] @new.callee method: (identifier) @_new (#eq? @_new "new")) @new
(call receiver: [(constant) (scope_resolution)] method: (identifier) @_new
  arguments: (_) @new.args (#eq? @_new "new")) @new
(call receiver: [(constant) (scope_resolution)] method: (identifier) @_new
  block: (_) @new.arg (#eq? @_new "new")) @new
(yield "yield" @call.callee (argument_list) @call.args) @call
; A command line in backticks is run.
((subshell) @call (#set! word "`"))
(subshell (interpolation) @call.arg) @call
(splat_argument (_) @spread.value) @spread
(hash_splat_argument (_) @spread.value) @spread
(block_argument (_) @same.value) @same
(parenthesized_statements (_) @same.value) @same
(binary left: (_) @binary.left operator: _ @binary.op right: (_) @binary.right) @binary
(unary operator: _ @unary.op operand: (_) @unary.value) @unary
(conditional condition: (_) @choice.cond consequence: (_) @choice.then alternative: (_) @choice.else) @choice
(array) @collection
(string_array) @collection
(symbol_array) @collection
(hash) @collection
(pair key: (_) @pair.key) @pair
(pair value: (_) @pair.value) @pair
(argument_list (pair key: [(hash_key_symbol) (simple_symbol) (string)] @labelled.label
  value: (_) @labelled.value) @labelled)
(lambda body: (block body: (_) @function.tail)) @function
(lambda body: (do_block body: (_) @function.tail)) @function
(lambda parameters: (_) @function.params) @function
(block) @function
(block body: (_) @function.tail) @function
(block parameters: (_) @function.params) @function
(do_block) @function
(do_block body: (_) @function.tail) @function
(do_block parameters: (_) @function.params) @function

; Assignments
(assignment left: (_) @assign.target right: (_) @assign.value) @assign
(operator_assignment left: (_) @assign.target operator: _ @assign.op right: (_) @assign.value) @assign
(binary left: [(identifier) (instance_variable) (element_reference) (call)] @assign.target
  operator: "<<" @assign.op right: (_) @assign.value) @assign
(assignment left: (call receiver: (_) @field.base method: (_) @field.name) @field)
(operator_assignment left: (call receiver: (_) @field.base method: (_) @field.name) @field)
(left_assignment_list (call receiver: (_) @field.base method: (_) @field.name) @field)
(left_assignment_list) @pattern
(right_assignment_list) @list
(destructured_left_assignment) @pattern
(destructured_parameter) @pattern
(rest_assignment (_) @same.value) @same

; Control
(return) @return
(return (argument_list (_) @return.value)) @return
(next) @return
(next (argument_list (_) @return.value)) @return
(break) @break
(redo) @jump
(retry) @jump
(call !receiver method: (identifier) @_raise arguments: (argument_list . (_) @throw.value)
  (#match? @_raise "^(raise|fail|throw)$")) @throw
; `redirect_to x and return`
(binary right: (return)) @block
(if condition: (_) @if.cond) @if
(if consequence: (_) @if.then) @if
(if alternative: (_) @if.else) @if
(elsif condition: (_) @if.cond) @if
(elsif consequence: (_) @if.then) @if
(elsif alternative: (_) @if.else) @if
(unless condition: (_) @if.cond) @if
(unless consequence: (_) @if.else) @if
(unless alternative: (_) @if.then) @if
(if_modifier body: (_) @if.then condition: (_) @if.cond) @if
(unless_modifier body: (_) @if.else condition: (_) @if.cond) @if
(while condition: (_) @loop.cond body: (_) @loop.body) @loop
(until condition: (_) @loop.cond body: (_) @loop.body) @loop
(while_modifier body: (_) @loop.body condition: (_) @loop.cond) @loop
(until_modifier body: (_) @loop.body condition: (_) @loop.cond) @loop
(for pattern: (_) @loop.target value: (in (_) @loop.iterable) body: (_) @loop.body) @loop
(case) @switch
(case value: (_) @switch.value) @switch
(case [(when) (else)] @switch.item) @switch
(when body: (_) @case.body) @case
(when pattern: (pattern (_) @case.value)) @case
(case_match value: (_) @switch.value) @switch
(case_match clauses: (_) @switch.item) @switch
(case_match else: (_) @switch.item) @switch
(in_clause pattern: (_) @case.value @case.binds) @case
(in_clause guard: (if_guard condition: (_) @case.cond)) @case
(in_clause body: (_) @case.body) @case
(array_pattern) @pattern
(hash_pattern) @fields
(keyword_pattern key: (_) @pair.key value: (_) @pair.value) @pair
(array_pattern (identifier) @shorthand)
(keyword_pattern value: (identifier) @shorthand)
(as_pattern name: (identifier) @shorthand)
(body_statement) @block
(block_body) @block
(then) @block
(else) @block
(do) @block
(ensure) @block
(begin) @block
(begin_block) @block
(end_block) @block
(body_statement (rescue) @block.handler) @block
(body_statement (ensure) @block.finally) @block
(body_statement (else) @block.after) @block
(begin (rescue) @block.handler) @block
(begin (ensure) @block.finally) @block
(begin (else) @block.after) @block
(rescue) @handler
(rescue body: (_) @handler.body) @handler
(rescue exceptions: (exceptions (_) @handler.caught)) @handler
(rescue variable: (exception_variable (_) @handler.binds)) @handler
(empty_statement) @skip
(alias) @skip
(undef) @skip
(uninterpreted) @skip

; Functions
(method name: (_) @function.name) @function
(method parameters: (_) @function.params) @function
(method body: (_) @function.tail) @function
(singleton_method name: (_) @function.name) @function
(singleton_method parameters: (_) @function.params) @function
(singleton_method body: (_) @function.tail) @function
(body_statement (identifier) @_hides (method name: (_) @function.hidden) @function
  (#match? @_hides "^(private|protected)$"))
(call method: (identifier) @_hides arguments: (argument_list (method name: (_) @function.hidden) @function)
  (#match? @_hides "^(private|protected|private_class_method)$"))
(optional_parameter name: (_) @param.name value: (_) @param.value) @param
(keyword_parameter name: (_) @param.name) @param
(keyword_parameter value: (_) @param.value) @param
(splat_parameter name: (_) @param.name) @param
(hash_splat_parameter name: (_) @param.name) @param
(block_parameter name: (_) @param.name) @param
(forward_parameter) @skip
(hash_splat_nil) @skip

; Classes and modules
(class name: (_) @class.name) @class
(class body: (_) @class.body) @class
(class superclass: (superclass (_) @class.base)) @class
(class body: (body_statement (call method: (identifier) @_mixes arguments: (argument_list (_) @class.base)
  (#match? @_mixes "^(include|extend|prepend)$")))) @class
; What a class says about all of its methods.
(class body: (body_statement (call
  method: (identifier) @_says arguments: (argument_list) (#match? @_says
  "^(skip_|prepend_|append_)?(before|around)_(action|filter)$|^(protect_from_forgery|skip_forgery_protection)$|auth"))
  @class.annotation)) @class
(class body: (body_statement (call
  method: (identifier) @_attributes arguments: (argument_list (simple_symbol) @member.name)
  (#match? @_attributes "^(attr_reader|attr_accessor|attr_writer|attribute)$")) @member))
(module name: (_) @class.name) @class
(module body: (_) @class.body) @class
(singleton_class body: (_) @same.value) @same

; Imports
(call !receiver method: (identifier) @_require arguments: (argument_list . (string) @import.path)
  (#match? @_require "^(require|require_relative|require_dependency|gem)$")) @import

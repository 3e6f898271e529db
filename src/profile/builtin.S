/* builtin.S - data/profiles.json as it lies in the program. A NUL follows it. */
	.section .rodata
	.globl profile_builtin_begin
	.globl profile_builtin_end
	.type profile_builtin_begin, %object
	.type profile_builtin_end, %object
profile_builtin_begin:
	.incbin "data/profiles.json"
profile_builtin_end:
	.byte 0
	.size profile_builtin_begin, profile_builtin_end - profile_builtin_begin
	.size profile_builtin_end, 1

	.section .note.GNU-stack, "", %progbits

;; Loops of simple instructions, to measure how fast an interpreter is. Each function takes the number of rounds and
;; returns something that depends on all of them, so that nothing can be left out.
(module $arithmetic
  (memory 1)

  ;; Integers in locals: 22 instructions a round.
  (func (export "integers") (param $rounds i32) (result i32)
    (local $sum i32)
    (local $state i32)
    (local.set $state (i32.const 1))
    (loop $next
      ;; A shift register: three shifts and three exclusive ors.
      (local.set $state (i32.xor (local.get $state) (i32.shl (local.get $state) (i32.const 13))))
      (local.set $state (i32.xor (local.get $state) (i32.shr_u (local.get $state) (i32.const 17))))
      (local.set $sum (i32.add (local.get $sum) (local.get $state)))
      (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if $next (local.get $rounds)))
    (local.get $sum))

  ;; Loads, stores and a branch that is hard to foresee: 25 instructions a round if it is taken, 28 if not.
  (func (export "memory") (param $rounds i32) (result i32)
    (local $state i32)
    (local $sum i64)
    (local.set $state (i32.const 1))
    (loop $next
      (local.set $state (i32.add (i32.mul (local.get $state) (i32.const 1664525)) (i32.const 1013904223)))
      (i32.store (i32.and (local.get $rounds) (i32.const 0xfffc)) (local.get $state))
      (if (i32.lt_s (local.get $state) (i32.const 0))
        (then (local.set $sum (i64.add (local.get $sum) (i64.const 3))))
        (else
          (local.set $sum
            (i64.add (local.get $sum) (i64.extend_i32_u (i32.load (i32.and (local.get $state) (i32.const 0xfffc))))))))
      (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if $next (local.get $rounds)))
    (i32.wrap_i64 (local.get $sum)))

  ;; Calls: fib(n) makes 2 fib(n + 1) - 1 of them; 18 instructions for two calls.
  (func $fib (export "calls") (param $n i32) (result i32)
    (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else
        (i32.add
          (call $fib (i32.sub (local.get $n) (i32.const 1)))
          (call $fib (i32.sub (local.get $n) (i32.const 2)))))))

  ;; Floating-point numbers: 13 instructions a round.
  (func (export "floats") (param $rounds i32) (result f64)
    (local $x f64)
    (loop $next
      (local.set $x
        (f64.add (f64.mul (local.get $x) (f64.const 0.999)) (f64.convert_i32_s (local.get $rounds))))
      (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if $next (local.get $rounds)))
    (local.get $x)))

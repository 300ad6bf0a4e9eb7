;; An interpreter of a machine with a dozen instructions: a loop around a br_table, state in locals, as compilers of
;; C make it of a `switch` in a `while`. Its program computes greatest common divisors.
(module $machine
  (memory 1)
  ;; One byte each: operation, first register, second register.
  (data (i32.const 0)
    "\00\00\02"  ;; copy r0 <- r2: the pair to reduce
    "\00\01\03"
    "\05\01\05"  ;; if r1 = 0, go on at 5
    "\03\00\01"  ;; (r0, r1) <- (r1, r0 mod r1)
    "\06\00\02"  ;; go on at 2
    "\01\04\00"  ;; r4 += r0
    "\07\02\07"  ;; r2 += 7
    "\04\03\00"  ;; r3 -= 1
    "\05\03\0a"  ;; if r3 = 0, go on at 10
    "\06\00\00"  ;; go on at 0
    "\08\04\00") ;; stop with r4

  (func (export "divisors") (param $count i32) (result i32)
    (local $position i32) (local $operation i32) (local $first i32) (local $second i32) (local $address i32)
    (local $steps i64)
    (i32.store offset=264 (i32.const 0) (i32.const 1000003))
    (i32.store offset=268 (i32.const 0) (local.get $count))
    (i32.store offset=272 (i32.const 0) (i32.const 0))
    (loop $next
      (local.set $address (i32.mul (local.get $position) (i32.const 3)))
      (local.set $operation (i32.load8_u (local.get $address)))
      (local.set $first (i32.shl (i32.load8_u offset=1 (local.get $address)) (i32.const 2)))
      (local.set $second (i32.load8_u offset=2 (local.get $address)))
      (local.set $position (i32.add (local.get $position) (i32.const 1)))
      (local.set $steps (i64.add (local.get $steps) (i64.const 1)))
      (block $unknown
        (block $stop
          (block $add_constant
            (block $jump
              (block $jump_if_zero
                (block $decrement
                  (block $remainder
                    (block $subtract
                      (block $add
                        (block $copy
                          (br_table $copy $add $subtract $remainder $decrement $jump_if_zero $jump $add_constant $stop
                            $unknown
                            (local.get $operation)))
                        (i32.store offset=256
                          (local.get $first)
                          (i32.load offset=256 (i32.shl (local.get $second) (i32.const 2))))
                        (br $next))
                      (i32.store offset=256
                        (local.get $first)
                        (i32.add
                          (i32.load offset=256 (local.get $first))
                          (i32.load offset=256 (i32.shl (local.get $second) (i32.const 2)))))
                      (br $next))
                    (i32.store offset=256
                      (local.get $first)
                      (i32.sub
                        (i32.load offset=256 (local.get $first))
                        (i32.load offset=256 (i32.shl (local.get $second) (i32.const 2)))))
                    (br $next))
                  (local.set $operation (i32.load offset=256 (i32.shl (local.get $second) (i32.const 2))))
                  (i32.store offset=256
                    (i32.shl (local.get $second) (i32.const 2))
                    (i32.rem_u (i32.load offset=256 (local.get $first)) (local.get $operation)))
                  (i32.store offset=256 (local.get $first) (local.get $operation))
                  (br $next))
                (i32.store offset=256
                  (local.get $first)
                  (i32.sub (i32.load offset=256 (local.get $first)) (i32.const 1)))
                (br $next))
              (if (i32.eqz (i32.load offset=256 (local.get $first)))
                (then (local.set $position (local.get $second))))
              (br $next))
            (local.set $position (local.get $second))
            (br $next))
          (i32.store offset=256
            (local.get $first)
            (i32.add (i32.load offset=256 (local.get $first)) (local.get $second)))
          (br $next))
        (return
          (i32.add
            (i32.load offset=256 (local.get $first))
            (i32.wrap_i64 (i64.and (local.get $steps) (i64.const 1))))))
      (unreachable))
    (i32.const 0)))

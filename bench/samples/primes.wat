;; Counts primes with the sieve of Eratosthenes, one byte of memory for each number.
;;
;; It is written the way a simple compiler would do it: every value goes through a local, blocks nest for no reason,
;; and it brings along helpers that nobody calls. An optimizer has something to do.
(module $primes
  (memory $sieve (export "memory") 1 1024)
  (global $limit (mut i32) (i32.const 0))
  (global $calls (mut i32) (i32.const 0))
  (data $greeting "never shown")

  ;; The number of primes below $bound.
  (func $count (export "count") (param $bound i32) (result i32)
    (local $number i32)
    (local $found i32)
    (local $unused i64)
    (call $reserve (local.get $bound))
    (call $clear (local.get $bound))
    (local.set $number (i32.const 2))
    (local.set $found (i32.const 0))
    (block $done
      (loop $next
        (block $inner
          (br_if $done (i32.ge_u (local.get $number) (local.get $bound)))
          (if (i32.eqz (call $is_composite (local.get $number)))
            (then
              (local.set $found (i32.add (local.get $found) (i32.const 1)))
              (call $cross_out (local.get $number) (local.get $bound)))
            (else (nop)))
          (local.set $number (i32.add (local.get $number) (i32.const 1)))
          (br $next)
          ;; never runs
          (local.set $found (i32.mul (local.get $found) (i32.const 7))))))
    (return (local.get $found)))

  ;; The largest prime below $bound, 0 if there is none.
  (func $largest (export "largest") (param $bound i32) (result i32)
    (drop (call $count (local.get $bound)))
    (block $done
      (loop $next
        (br_if $done (i32.lt_u (local.get $bound) (i32.const 3)))
        (local.set $bound (i32.sub (local.get $bound) (i32.const 1)))
        (if (call $is_crossed_out (local.get $bound))
          (then (br $next)))
        (return (local.get $bound))))
    (i32.const 0))

  ;; Sees to it that memory has $bytes bytes.
  (func $reserve (param $bytes i32)
    (local $pages i32)
    (local.set $pages
      (i32.sub
        (i32.shr_u (i32.add (local.get $bytes) (i32.const 65535)) (i32.const 16))
        (memory.size)))
    (if (i32.gt_s (local.get $pages) (i32.const 0))
      (then
        (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1))
          (then (unreachable)))))
    (global.set $limit (local.get $bytes)))

  (func $clear (param $bound i32)
    (local $at i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $bound)))
        (i32.store8 (local.get $at) (i32.const 0))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next))))

  ;; Marks the multiples of $prime from its square on.
  (func $cross_out (param $prime i32) (param $bound i32)
    (local $at i32)
    ;; Above 65535 the square does not fit into 32 bits, and there is no number left to mark.
    (if (i32.gt_u (local.get $prime) (i32.const 65535))
      (then (return)))
    (local.set $at (i32.mul (local.get $prime) (local.get $prime)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $bound)))
        (i32.store8 (local.get $at) (i32.const 1))
        (local.set $at (i32.add (local.get $at) (local.get $prime)))
        (br $next))))

  (func $is_composite (param $number i32) (result i32)
    (block $result (result i32)
      (i32.load8_u (local.get $number))))

  ;; The same function again.
  (func $is_crossed_out (param $number i32) (result i32)
    (block $result (result i32)
      (i32.load8_u (local.get $number))))

  ;; Nobody calls these.
  (func $greet (result i32)
    (memory.init $greeting (i32.const 0) (i32.const 0) (i32.const 11))
    (call $count_calls)
    (i32.const 11))

  (func $count_calls
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))))

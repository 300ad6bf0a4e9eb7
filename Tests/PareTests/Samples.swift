/// Small modules that together use most of the language.
enum Samples {
  static let texts = [
    """
    (module $control
      (memory (export "m") 1 4)
      (table $t 4 funcref)
      (global $g (mut i64) (i64.const -7))
      (elem (table $t) (i32.const 0) func $a $b)
      (data (i32.const 16) "some data")
      (type $s (func (param i32) (result i32)))
      (func $a (type $s) (local f64 f32)
        (block $out (result i32)
          (loop $again
            (br_if $again (i32.lt_s (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 100))))
          (if (result i32) (local.get 0)
            (then (br $out (i32.const 3)))
            (else (i32.load8_u offset=5 (local.get 0))))))
      (func $b (type $s)
        (block $x (block $y (block $z (br_table $x $y $z (local.get 0)))))
        (call_indirect $t (type $s) (i32.const 9) (i32.const 0)))
      (func $c (export "c") (param i64 f64) (result i64 f64)
        (global.set $g (i64.mul (local.get 0) (global.get $g)))
        (global.get $g) (f64.sqrt (local.get 1)))
      (start $d)
      (func $d (memory.fill (i32.const 0) (i32.const 1) (memory.size)) (drop (call $c (i64.const 1) (f64.const 0.5))) (drop)))
    """,
    """
    (module $collected
      (rec (type $list (sub (struct (field $next (mut (ref null $list))) (field $value i8))))
           (type $longer (sub final $list (struct (field (mut (ref null $list))) (field i8) (field f64)))))
      (type $bytes (array (mut i8)))
      (type $f (func (param (ref null $list)) (result i32)))
      (data $d "abcdef")
      (elem declare func $sum)
      (func $sum (type $f) (local $total i32)
        (block $end
          (loop $next
            (local.set $total (i32.add (local.get $total) (struct.get_s $list $value (br_on_null $end (local.get 0)))))
            (local.set 0 (struct.get $list $next (ref.as_non_null (local.get 0))))
            (br $next)))
        (local.get $total))
      (func (export "make") (result anyref)
        (struct.new $longer (struct.new_default $list) (i32.const 4) (f64.const 2)))
      (func (export "test") (param anyref) (result i32)
        (call_ref $f
          (block $is (result (ref null $list))
            (drop (br_on_cast $is anyref (ref null $list) (local.get 0)))
            (ref.null $list))
          (ref.func $sum)))
      (func (result i32)
        (array.len (array.new_data $bytes $d (i32.const 1) (i32.const 2)))
        (i31.get_u (ref.i31 (i32.const 5)))
        (i32.add)))
    """,
    """
    (module $exceptions
      (tag $f (import "env" "f") (param i64 i64))
      (tag $e (param i32))
      (func $thrower (param i32) (throw $e (local.get 0)))
      (func (export "new") (result i32)
        (block $caught (result i32)
          (block $any (result exnref)
            (try_table (catch $e $caught) (catch_all_ref $any) (call $thrower (i32.const 2)))
            (return (i32.const 0)))
          (throw_ref))
        (i32.const 1) (i32.sub))
      (func (export "old") (result i32)
        (try $t (result i32)
          (do (call $thrower (i32.const 1)) (i32.const 0))
          (catch $e)
          (catch_all (rethrow $t))))
      (func $tail (param i32) (result i32) (return_call $tail (local.get 0))))
    """,
    """
    (module $vectors
      (memory $small 100 (pagesize 1))
      (memory $large i64 1 2 shared)
      (global v128 (v128.const i32x4 1 2 3 4))
      (func (param i32 i64) (result v128)
        (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
          (v128.load $small (local.get 0))
          (f32x4.relaxed_madd (v128.const f32x4 1 nan inf -0) (v128.load64_zero $large offset=8 (local.get 1))
            (i32x4.splat (i32.atomic.rmw.add $large (local.get 1) (i32.const 1))))))
      (func (param i64 i64 i64 i64) (result i64 i64)
        (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3))
        (if (param i64 i64) (result i64 i64) (i32.wrap_i64 (local.get 0)) (then) (else (i64.mul_wide_u)))))
    """,
    """
    (module $tables
      (import "env" "callback" (func $callback (param externref)))
      (table $refs 2 10 externref)
      (table $long i64 3 funcref (ref.func $f))
      (elem $passive externref (ref.null extern))
      (elem $funcs func $f $f)
      (func $f (export "f") (param i32 externref) (result externref)
        (table.set $refs (local.get 0) (local.get 1))
        (table.init $refs $passive (i32.const 0) (i32.const 0) (i32.const 1))
        (elem.drop $passive)
        (drop (table.grow $refs (ref.null extern) (i32.const 1)))
        (table.copy $long $long (i64.const 0) (i64.const 1) (i64.const 1))
        (call $callback (select (result externref) (local.get 1) (ref.null extern) (local.get 0)))
        (unreachable)
        (i32.add (i32.const 1))
        (drop)))
    """,
  ]
}

#!/usr/bin/perl
# Mail::DKIM behind lines of JSON, for dkim_peers.py and arc_peers.py: the same questions as dkim_lines.c,
# and {"sign": {...}, "message": BASE64} with Algorithm, Method, Domain, Selector, Headers, Key (PEM).
use strict;
use warnings;
use JSON::PP;
use MIME::Base64;
use Mail::DKIM::Verifier;
use Mail::DKIM::Signer;
use Mail::DKIM::PrivateKey;
use Mail::DKIM::ARC::Signer;
use Mail::DKIM::ARC::Verifier;
use Net::DNS::RR;

my $zone = {};
{
    no warnings 'redefine';
    *Mail::DKIM::DNS::query = sub {
        my ($name, $type) = @_;
        my $texts = $zone->{lc $name} or return;
        return map { Net::DNS::RR->new(name => $name, type => 'TXT', txtdata => $_) } @$texts;
    };
}

$| = 1;
while (my $line = <STDIN>) {
    my $in = decode_json($line);
    my $message = decode_base64($in->{message});
    $message =~ s/\r?\n/\r\n/g;
    $zone = $in->{zone} if $in->{zone};
    if ($in->{seal}) {
        my %s = %{ $in->{seal} };
        (my $pem = $s{Key}) =~ s/-----[^-]+-----|\s//g;
        my $signer = Mail::DKIM::ARC::Signer->new(
            Algorithm => 'rsa-sha256', Chain => $s{Chain}, Domain => $s{Domain}, SrvId => $s{SrvId},
            Selector => $s{Selector}, Headers => $s{Headers},
            Key => Mail::DKIM::PrivateKey->load(Data => $pem));
        $signer->PRINT($message);
        $signer->CLOSE;
        my $head = $signer->as_string;
        $head =~ s/\r?\n/\r\n/g;
        $head .= "\r\n" unless $head =~ /\n\z/;
        print encode_json({ message => encode_base64($head . $message, ''),
            result => $signer->result }), "\n";
        next;
    }
    if ($in->{arc}) {
        my $v = Mail::DKIM::ARC::Verifier->new(Strict => 1);
        my %out = (result => 'died', reason => '');
        eval {
            $v->PRINT($message);
            $v->CLOSE;
            %out = (result => $v->result, reason => $v->result_detail);
            1;
        } or $out{reason} = "$@";
        print encode_json(\%out), "\n";
        next;
    }
    if ($in->{sign}) {
        my %s = %{ $in->{sign} };
        (my $pem = $s{Key}) =~ s/-----[^-]+-----|\s//g;
        my $signer = Mail::DKIM::Signer->new(
            Algorithm => $s{Algorithm}, Method => $s{Method}, Domain => $s{Domain},
            Selector => $s{Selector}, Headers => $s{Headers},
            Key => Mail::DKIM::PrivateKey->load(Data => $pem));
        $signer->PRINT($message);
        $signer->CLOSE;
        print encode_json({ message => encode_base64(
            $signer->signature->as_string . "\r\n" . $message, '') }), "\n";
        next;
    }
    my $v = Mail::DKIM::Verifier->new;
    my @out;
    eval {
        $v->PRINT($message);
        $v->CLOSE;
        @out = map { { result => $_->result, reason => $_->result_detail, b => $_->data // '' } } $v->signatures;
        1;
    } or push @out, { result => 'died', reason => "$@", b => '' };
    print encode_json(\@out), "\n";
}

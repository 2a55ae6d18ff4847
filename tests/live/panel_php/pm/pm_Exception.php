<?php
class pm_Exception extends Exception
{
}
